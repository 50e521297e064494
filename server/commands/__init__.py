"""The commands of `cabinet`, a module for each noun. What is slow to import is imported where it is used."""
