"""The countries and territories that have telephone numbers, by name."""

from difflib import get_close_matches
from functools import lru_cache

import phonenumbers

_ABROAD = "001"  # what phonenumbers calls +800, +870, +881 …: numbers of no country
_MEANT = {
    "uk": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "united states of america": "US",
    "america": "US",
    "holland": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "ivory coast": "CI",
    "burma": "MM",
    "swaziland": "SZ",
    "turkiye": "TR",
    "türkiye": "TR",
    "vatican": "VA",
    "macao": "MO",
    "east timor": "TL",
    "russian federation": "RU",
}
_PLURAL = ("United ", "US ", "British ", "Netherlands", "Bahamas", "Philippines", "Maldives", "Isle", "Comoros")


class NotACountryError(ValueError):
    """A text that was expected to name a country does not."""


def country_code(text: str) -> str:
    """Return the ISO 3166 code that *text* means: a code in any case, `UK`, or an English name such as `Germany`.

    NotACountryError says what is wrong, with what may have been meant.
    """
    wanted = " ".join(text.split())
    named = _codes_by_name().get(wanted.casefold())
    if named:
        return named
    if wanted.upper() in _names():
        return wanted.upper()
    raise NotACountryError(_complaint(wanted[:60]))


def country_name(code: str) -> str:
    """Return what people call the country with the ISO 3166 *code*; the code itself if nobody knows."""
    return _names().get(code, code)


def the_country(code: str) -> str:
    """Return the name of a country as it stands in a sentence: `Germany`, `the United Kingdom`."""
    name = country_name(code)
    return f"the {name}" if name.startswith(_PLURAL) or name.endswith(("Islands", "Republic")) else name


@lru_cache(maxsize=4096)
def country_of(number: str) -> str:
    """Return the ISO 3166 code of the country or territory an E.164 *number* belongs to, by its numbering plan.

    A number that no territory of a shared plan has given out (+1 999 …) counts as one of the plan's main country.
    Empty for numbers of no country (+800, +870, +881 …) and for what is no number.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    found = phonenumbers.region_code_for_number(parsed)
    found = found or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return "" if found in (_ABROAD, phonenumbers.UNKNOWN_REGION) else found


def _complaint(wanted: str) -> str:
    if wanted.lstrip("+").isdecimal():
        return f"{wanted!r} is no country: for all numbers that begin so, use a prefix"
    close = get_close_matches(wanted.casefold(), _codes_by_name(), n=1)
    code = _codes_by_name()[close[0]] if close else ""
    hint = f"did you mean {code} ({country_name(code)})?" if code else "write an ISO 3166 code such as GB or DE"
    return f"{wanted!r} is no country with telephone numbers: {hint}"


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return dict(row.split(maxsplit=1) for row in " ".join(_LIST.split()).split("; "))


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in _names().items()} | _MEANT


_LIST = """
AC Ascension Island; AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla;
AL Albania; AM Armenia; AO Angola; AR Argentina; AS American Samoa; AT Austria; AU Australia; AW Aruba; AX Åland
Islands; AZ Azerbaijan; BA Bosnia and Herzegovina; BB Barbados; BD Bangladesh; BE Belgium; BF Burkina Faso; BG
Bulgaria; BH Bahrain; BI Burundi; BJ Benin; BL Saint Barthélemy; BM Bermuda; BN Brunei; BO Bolivia; BQ Caribbean
Netherlands; BR Brazil; BS Bahamas; BT Bhutan; BW Botswana; BY Belarus; BZ Belize; CA Canada; CC Cocos Islands;
CD Congo-Kinshasa; CF Central African Republic; CG Congo-Brazzaville; CH Switzerland; CI Côte d'Ivoire; CK Cook
Islands; CL Chile; CM Cameroon; CN China; CO Colombia; CR Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX
Christmas Island; CY Cyprus; CZ Czechia; DE Germany; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican
Republic; DZ Algeria; EC Ecuador; EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI
Finland; FJ Fiji; FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France; GA Gabon; GB United Kingdom;
GD Grenada; GE Georgia; GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN
Guinea; GP Guadeloupe; GQ Equatorial Guinea; GR Greece; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana; HK
Hong Kong; HN Honduras; HR Croatia; HT Haiti; HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man;
IN India; IO British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO
Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros; KN Saint Kitts and Nevis; KP
North Korea; KR South Korea; KW Kuwait; KY Cayman Islands; KZ Kazakhstan; LA Laos; LB Lebanon; LC Saint Lucia;
LI Liechtenstein; LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA
Morocco; MC Monaco; MD Moldova; ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall Islands; MK North
Macedonia; ML Mali; MM Myanmar; MN Mongolia; MO Macau; MP Northern Mariana Islands; MQ Martinique; MR
Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico; MY Malaysia; MZ
Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua; NL Netherlands;
NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru; PF French Polynesia; PG
Papua New Guinea; PH Philippines; PK Pakistan; PL Poland; PM Saint Pierre and Miquelon; PR Puerto Rico; PS
Palestine; PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania; RS Serbia; RU Russia; RW
Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore; SH Saint Helena;
SI Slovenia; SJ Svalbard and Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR
Suriname; SS South Sudan; ST São Tomé and Príncipe; SV El Salvador; SX Sint Maarten; SY Syria; SZ Eswatini; TA
Tristan da Cunha; TC Turks and Caicos Islands; TD Chad; TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL
Timor-Leste; TM Turkmenistan; TN Tunisia; TO Tonga; TR Turkey; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan; TZ
Tanzania; UA Ukraine; UG Uganda; US United States; UY Uruguay; UZ Uzbekistan; VA Vatican City; VC Saint Vincent
and the Grenadines; VE Venezuela; VG British Virgin Islands; VI US Virgin Islands; VN Vietnam; VU Vanuatu; WF
Wallis and Futuna; WS Samoa; XK Kosovo; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe
"""
