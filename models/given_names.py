"""Given names in both languages: who is Ўладзімір in one document is Владимир in the next (EF76.15, EF76.16)."""

from __future__ import annotations

from collections import defaultdict

from models.transliteration import sound

# Russian, Belarusian, folded (`models.names.fold`); names that folding makes equal (Юлия, Юлія) need no pair.
_PAIRS = """
александр аляксандр | александра аляксандра | алексей аляксей | анатолий анатол | андрей андрэй | антонина антанина
арсений арсен | артем арцем | борис барыс | вадим вадзим | валентин валянцин | валентина валянцина | валерий валерый
валерия валерыя | василий васил | вероника вераника | виктор виктар | виктория викторыя | виталий витал
владимир уладзимир | владислав уладзислау | всеволод усевалад | вячеслав вячаслау | геннадий генадз | григорий рыгор
денис дзянис | диана дыяна | дмитрий дзмитрый | дмитрий змицер | евгений яуген | евгения яугения | егор ягор
екатерина кацярына | елена алена | елизавета лизавета | ефим яфим | игор игар | ирина ирына | кирилл кирыл
константин канстанцин | кристина крысцина | лариса ларыса | лев леу | леонид леанид | любов любоу | маргарита маргарыта
мария марыя | матвей мацвей | мирослав мираслау | михаил михас | надежда надзея | наталия наталля | наталия наталя
наталя наталля | никита микита | николай микалай | оксана аксана | олег алег | олга волга | полина палина | роман раман
ростислав расцислау | светлана святлана | святослав святаслау | семен сямен | сергей сяргей | софия сафия | софия софя
станислав станислау | степан сцяпан | татяна таццяна | тимофей цимафей | федор федар | филипп филип | юрий юрый
яков якау | ярослав яраслау
"""


def same_name(piece: str) -> frozenset[str]:
    """Other forms of a given name, folded or as a sound, in the same alphabet; empty for what is no given name."""
    return _FORMS.get(piece, frozenset())


def _forms() -> dict[str, frozenset[str]]:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    for pair in _PAIRS.replace("\n", "|").split("|"):
        for one, other in zip(pair.split(), reversed(pair.split()), strict=True):
            forms[one].add(other)
            forms[sound(one)].add(sound(other))
    return {name: frozenset(others - {name}) for name, others in forms.items()}


_FORMS = _forms()
