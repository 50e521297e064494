"""One async function for each question and act. Knows no Strawberry and no Starlette: the CLI, the postman and the
tests call the same functions as the GraphQL fields do."""
