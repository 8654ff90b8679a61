"""The words inside the drawing, in its four languages.

They travel with the picture into files and slides, where no message catalogue is at hand.
"""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "sv", "nb", "da")

# en, sv, nb, da
_ROWS: Final[dict[str, tuple[str, str, str, str]]] = {
    "stages": ("Stages", "Faser", "Faser", "Faser"),
    "stage": ("Stage", "Fas", "Fase", "Fase"),
    "steps": ("Steps", "Steg", "Steg", "Trin"),
    "step": ("Step", "Steg", "Steg", "Trin"),
    "live": ("What happened", "Vad som hände", "Hva som skjedde", "Hvad der skete"),
    "emotion": ("Emotion", "Känsla", "Følelse", "Følelse"),
    "clock": ("Time of day", "Tid på dagen", "Tid på dagen", "Tid på dagen"),
    "time": ("Time", "Tid", "Tid", "Tid"),
    "reached": ("reached", "nådde hit", "nådde hit", "nåede hertil"),
    "went_on": ("went on", "gick vidare", "gikk videre", "gik videre"),
    "came_back": ("came back", "kom tillbaka", "kom tilbake", "kom tilbage"),
    "lost": ("lost", "förlorade", "tapt", "tabt"),
    "open": ("open", "öppna", "åpne", "åbne"),
    "completed": ("completed", "slutförda", "fullførte", "gennemførte"),
    "go_on_rate": ("go on", "går vidare", "går videre", "går videre"),
    "drop_off": ("drop-off", "bortfall", "frafall", "frafald"),
    "stopped_here": ("stopped here", "slutade här", "stoppet her", "stoppede her"),
    "too_few": (
        "Too few for per cents",
        "För få för procent",
        "For få til prosent",
        "For få til procent",
    ),
    "interval": (
        "95% interval",
        "95 % intervall",
        "95 % intervall",
        "95 % interval",
    ),
    "reach": ("reach", "räckvidd", "rekkevidde", "rækkevidde"),
    "touches": ("touches", "beröringar", "berøringer", "berøringer"),
    "exits": ("exits", "avhopp", "avhopp", "frafaldne"),
    "share_of_stage": (
        "share of the stage",
        "andel av fasen",
        "andel av fasen",
        "andel af fasen",
    ),
    "dead_end": ("Dead end", "Återvändsgränd", "Blindvei", "Blindgyde"),
    "not_instrumented": (
        "not measured yet",
        "mäts inte än",
        "måles ikke ennå",
        "måles ikke endnu",
    ),
    "unused": (
        "no touch in the period",
        "ingen beröring i perioden",
        "ingen berøring i perioden",
        "ingen berøring i perioden",
    ),
    "no_data": (
        "no data from its source",
        "ingen data från källan",
        "ingen data fra kilden",
        "ingen data fra kilden",
    ),
    "measured": ("measured", "uppmätt", "målt", "målt"),
    "drawn": ("drawn", "ritad", "tegnet", "tegnet"),
    "desired": ("desired", "önskad", "ønsket", "ønsket"),
    "computed": ("computed", "beräknad", "beregnet", "beregnet"),
    "answers": ("answers", "svar", "svar", "svar"),
    "few_answers": ("under 30 answers", "under 30 svar", "under 30 svar", "under 30 svar"),
    "moment_of_truth": (
        "moment of truth",
        "sanningens ögonblick",
        "sannhetens øyeblikk",
        "sandhedens øjeblik",
    ),
    "not_for": ("not for", "inte för", "ikke for", "ikke for"),
    "says": ("Says", "Säger", "Sier", "Siger"),
    "thinks": ("Thinks", "Tänker", "Tenker", "Tænker"),
    "does": ("Does", "Gör", "Gjør", "Gør"),
    "feels": ("Feels", "Känner", "Føler", "Føler"),
    "interaction": (
        "line of interaction",
        "interaktionslinje",
        "interaksjonslinje",
        "interaktionslinje",
    ),
    "visibility": ("line of visibility", "synlighetslinje", "synlighetslinje", "synlighedslinje"),
    "internal_interaction": (
        "line of internal interaction",
        "linje för intern interaktion",
        "linje for intern interaksjon",
        "linje for intern interaktion",
    ),
    "current_state": ("Current state", "Nuläge", "Nåsituasjon", "Nuværende situation"),
    "future_state": ("Future state", "Framtida läge", "Fremtidig situasjon", "Fremtidig situation"),
    "day_in_life": ("Day in the life", "En dag i livet", "En dag i livet", "En dag i livet"),
    "empathy_map": ("Empathy map", "Empatikarta", "Empatikart", "Empatikort"),
    "service_blueprint": (
        "Service blueprint",
        "Tjänsteritning",
        "Tjenestetegning",
        "Servicetegning",
    ),
    "journey_canvas": ("Journey canvas", "Reseduk", "Reiselerret", "Rejselærred"),
    "experience_map": ("Experience map", "Upplevelsekarta", "Opplevelseskart", "Oplevelseskort"),
    "planned": ("planned", "planerad", "planlagt", "planlagt"),
    "actual": ("actual", "verklig", "faktisk", "faktisk"),
    "map_of": (
        "{kind}: {stages} stages, {steps} steps, {lanes} lanes.",
        "{kind}: {stages} faser, {steps} steg, {lanes} banor.",
        "{kind}: {stages} faser, {steps} steg, {lanes} baner.",
        "{kind}: {stages} faser, {steps} trin, {lanes} baner.",
    ),
    "what": ("What", "Vad", "Hva", "Hvad"),
    "touchpoint": ("Touchpoint", "Kontaktpunkt", "Kontaktpunkt", "Kontaktpunkt"),
    "persona": ("Persona", "Persona", "Persona", "Persona"),
    "personas": ("Personas", "Personor", "Personaer", "Personaer"),
    "map_table": ("The map as a table", "Kartan som tabell", "Kartet som tabell", "Kortet som tabel"),
    "live_table": (
        "The stages in numbers",
        "Faserna i siffror",
        "Fasene i tall",
        "Faserne i tal",
    ),
    "touchpoint_table": (
        "The touchpoints in numbers",
        "Kontaktpunkterna i siffror",
        "Kontaktpunktene i tall",
        "Kontaktpunkterne i tal",
    ),
    "emotion_table": ("Emotion, −2 to +2", "Känsla, −2 till +2", "Følelse, −2 til +2", "Følelse, −2 til +2"),
    "state": ("State", "Tillstånd", "Tilstand", "Tilstand"),
    "used": ("in use", "används", "i bruk", "i brug"),
    "lane_actions": ("Actions", "Handlingar", "Handlinger", "Handlinger"),
    "lane_thoughts": ("Thoughts", "Tankar", "Tanker", "Tanker"),
    "lane_feelings": ("Feelings", "Känslor", "Følelser", "Følelser"),
    "lane_emotion_curve": ("Emotion", "Känsla", "Følelse", "Følelse"),
    "lane_tension_arc": ("Tension", "Spänning", "Spenning", "Spænding"),
    "lane_touchpoints": ("Touchpoints", "Kontaktpunkter", "Kontaktpunkter", "Kontaktpunkter"),
    "lane_channels": ("Channels", "Kanaler", "Kanaler", "Kanaler"),
    "lane_questions": ("Questions", "Frågor", "Spørsmål", "Spørgsmål"),
    "lane_information_needs": ("Information needs", "Informationsbehov", "Informasjonsbehov", "Informationsbehov"),
    "lane_content": ("Content", "Innehåll", "Innhold", "Indhold"),
    "lane_search_terms": ("Search terms", "Söktermer", "Søkeord", "Søgeord"),
    "lane_needs": ("Needs", "Behov", "Behov", "Behov"),
    "lane_jobs": ("Jobs to be done", "Uppgifter", "Oppgaver", "Opgaver"),
    "lane_expectations": ("Expectations", "Förväntningar", "Forventninger", "Forventninger"),
    "lane_pain_points": ("Pain points", "Smärtpunkter", "Smertepunkter", "Smertepunkter"),
    "lane_gains": ("Gains", "Glädjepunkter", "Gleder", "Glæder"),
    "lane_barriers": ("Barriers", "Hinder", "Hindre", "Barrierer"),
    "lane_opportunities": ("Opportunities", "Möjligheter", "Muligheter", "Muligheder"),
    "lane_actions_plan": ("Action plan", "Handlingsplan", "Handlingsplan", "Handlingsplan"),
    "lane_metrics": ("Metrics", "Mätetal", "Måltall", "Måltal"),
    "lane_quotes": ("Quotes", "Citat", "Sitater", "Citater"),
    "lane_evidence": ("Evidence", "Belägg", "Belegg", "Belæg"),
    "lane_images": ("Images", "Bilder", "Bilder", "Billeder"),
    "lane_systems": ("Systems", "System", "Systemer", "Systemer"),
    "lane_departments": ("Departments", "Avdelningar", "Avdelinger", "Afdelinger"),
    "lane_roles": ("Roles", "Roller", "Roller", "Roller"),
    "lane_policies": ("Policies", "Regler", "Regler", "Regler"),
    "lane_nested_map": ("Nested map", "Karta i kartan", "Kart i kartet", "Kort i kortet"),
    "lane_says": ("Says", "Säger", "Sier", "Siger"),
    "lane_thinks": ("Thinks", "Tänker", "Tenker", "Tænker"),
    "lane_does": ("Does", "Gör", "Gjør", "Gør"),
    "lane_feels": ("Feels", "Känner", "Føler", "Føler"),
    "lane_text": ("Notes", "Anteckningar", "Notater", "Noter"),
    "lane_custom": ("Other", "Övrigt", "Annet", "Andet"),
    "made_with": ("Drawn by Kundresa", "Ritad av Kundresa", "Tegnet av Kundresa", "Tegnet af Kundresa"),
}  # fmt: skip


def supported(language: str) -> str:
    """Give the nearest language the drawing speaks: ``nb`` for ``no``, else English."""
    base = language.lower().replace("_", "-").split("-")[0]
    base = "nb" if base in {"no", "nn"} else base
    return base if base in LANGUAGES else "en"


def word(key: str, language: str) -> str:
    """Say one of the drawing's words; a kind we have no word for stands as it is."""
    row = _ROWS.get(key)
    if row is None:
        return key.replace("_", " ")
    return row[LANGUAGES.index(supported(language))]


def number(value: float, language: str, decimals: int = 0) -> str:
    """Write a number as the language does."""
    text = f"{value:,.{decimals}f}".replace("-", "−")
    language = supported(language)
    if language == "en":
        return text
    thousands = "." if language == "da" else "\u00a0"
    return text.replace(",", "\0").replace(".", ",").replace("\0", thousands)


def signed(value: float, language: str) -> str:
    """Write a feeling with its sign: whole where it is whole, else with one decimal."""
    sign = "+" if value > 0 else ""
    return sign + number(value, language, 0 if value == int(value) else 1)


def signed_span(low: float, high: float, language: str) -> str:
    """Write the bounds of a mean, with the decimals that tell them apart."""
    decimals = 1 if round(low, 1) != round(high, 1) else 2
    ends = [("+" if end > 0 else "") + number(end, language, decimals) for end in (low, high)]
    return " – ".join(ends)


def per_cent(rate: float, language: str) -> str:
    """Write a rate as whole per cents, with one decimal near the ends where it matters.

    Examples
    --------
    >>> [per_cent(rate, "en") for rate in (0.9, 0.994, 0.99997, 1)]
    ['90%', '99.4%', '>99.9%', '100%']
    """
    sign = _per_cent_sign(language)
    if 0 < rate < 0.0005:
        return f"<{number(0.1, language, 1)}{sign}"
    if 0.9995 <= rate < 1:
        return f">{number(99.9, language, 1)}{sign}"
    return number(rate * 100, language, int(_is_near_an_end(rate))) + sign


def per_cent_span(low: float, high: float, language: str) -> str:
    """Write an interval of rates, with the decimals that tell its bounds apart.

    Examples
    --------
    >>> per_cent_span(0.88, 0.93, "en"), per_cent_span(0.8961, 0.9038, "sv")
    ('88–93%', '89,6–90,4\xa0%')
    """
    is_narrow = round(low * 100) == round(high * 100)
    decimals = is_narrow or _is_near_an_end(low) or _is_near_an_end(high)
    ends = (number(end * 100, language, int(decimals)) for end in (low, high))
    return "–".join(ends) + _per_cent_sign(language)


def _is_near_an_end(rate: float) -> bool:
    return 0 < rate < 0.01 or 0.99 < rate < 1


def _per_cent_sign(language: str) -> str:
    return "%" if supported(language) == "en" else "\u00a0%"
