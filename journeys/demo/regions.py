"""Where the invented members live: stores, names, languages, and telephone numbers that are reserved for fiction.

- +1 NPA 555 01xx: kept for fictional use by the North American numbering plan; a hundred in each area code.
- +44 7700 900xxx: kept for drama by Ofcom; a thousand mobile numbers.
- +33 6 39 98 xx xx: kept for audiovisual works by Arcep; ten thousand mobile numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Shop:
    """A store as the demo makes it. It is open from 10 to 18 o'clock."""

    code: str
    name: str
    zone: str
    address: str
    phone: str


@dataclass(frozen=True)
class Region:
    """A country with its stores. Members live in `zones` where they do not live in their store's; names are ASCII."""

    country: str
    share: float
    shops: tuple[Shop, ...]
    zones: tuple[str, ...]
    locales: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]

    def numbers(self) -> Iterator[str]:
        """Yield the region's numbers reserved for fiction, each once."""
        yield from _NUMBERS[self.country]()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_AREAS = _words(
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251"
    " 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318"
    " 319 320 321 323 325 330 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413"
    " 414 415 417 419 423 425 430 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512"
    " 513 515 516 517 518 520 530 540"
)
_NUMBERS = {
    "US": lambda: (f"+1{area}55501{number:02}" for number, area in product(range(100), _AREAS)),
    "GB": lambda: (f"+447700900{number:03}" for number in range(1000)),
    "FR": lambda: (f"+3363998{number:04}" for number in range(10_000)),
}

AMERICA = Region(
    country="US",
    share=0.68,
    shops=(
        Shop("PHL", "Philadelphia", "America/New_York", "1 Invented Street, Philadelphia", "+12155550199"),
        Shop("NYC", "New York", "America/New_York", "2 Invented Avenue, New York", "+12125550199"),
        Shop("BOS", "Boston", "America/New_York", "3 Invented Square, Boston", "+15085550199"),
        Shop("CHI", "Chicago", "America/Chicago", "4 Invented Drive, Chicago", "+13125550199"),
    ),
    zones=("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"),
    locales=("en-US", "en-US", "en-US", "es-US"),
    first_names=_words(
        "Alice Amber Andrea Angela Anna Beth Carla Carmen Cindy Clara Dana Diane Elena Ellen Emma Erin Faith Fiona"
        " Gina Grace Hannah Helen Ida Irene Jane Joan Julia Karen Kate Laura Adam Alan Albert Andrew Ben Brian Carl"
        " Charles Daniel David Dennis Earl Eric Frank Gary George Henry Ivan Jack James Joel Keith Kevin Leo Louis"
        " Mark Nathan Oscar Paul Ray"
    ),
    last_names=_words(
        "Abbott Acosta Adler Allen Avery Baker Barnes Bishop Brooks Bryant Carter Chavez Clark Cole Cooper Cruz"
        " Dalton Davis Diaz Dixon Drake Ellis Evans Fisher Fleming Flores Foster Garcia Gomez Grant Greene Hale"
        " Harper Hayes Hughes Hunter Ingram Jensen Keller Kim Lane Larson Lopez Mason Mercer Morales Nash Nguyen"
        " Norris Ortega Owens Palmer Parker Quinn Ramos Reyes Rhodes Sawyer Shah Stone Tate Torres Vance Vargas"
        " Walsh Weaver Webb York Young Zimmer"
    ),
)
BRITAIN = Region(
    country="GB",
    share=0.06,
    shops=(Shop("LON", "London", "Europe/London", "5 Invented Row, London", "+442079460199"),),
    zones=("Europe/London", "Europe/London", "Europe/Dublin"),
    locales=("en-GB",),
    first_names=_words(
        "Ailsa Amelia Bridget Catrin Daisy Edith Flora Gemma Harriet Isla Jemima Kirsty Lottie Maisie Niamh Olive"
        " Poppy Rhona Alistair Angus Callum Dylan Ewan Fergus Giles Hamish Idris Jasper Kieran Lewis Magnus Nigel"
        " Owen Piers Rory"
    ),
    last_names=_words(
        "Ainsworth Barlow Bevan Birch Bowen Calder Carew Croft Dunn Fairfax Fenwick Fraser Gibb Hadley Hardy Holt"
        " Innes Jarvis Kemp Lockwood Marsh Mead Nairn Oakley Pascoe Penrose Pryce Reid Rowe Sinclair Tait Thorne"
        " Vaughan Wynn"
    ),
)
FRANCE = Region(
    country="FR",
    share=0.26,
    shops=(
        Shop("PAR", "Paris", "Europe/Paris", "6 rue Inventee, Paris", "+33199000199"),
        Shop("LYS", "Lyon", "Europe/Paris", "7 place Inventee, Lyon", "+33465710199"),
    ),
    zones=("Europe/Paris", "Europe/Paris", "Europe/Brussels", "Indian/Reunion"),
    locales=("fr-FR", "fr-FR", "fr-FR", "en"),
    first_names=_words(
        "Adele Agathe Alix Anais Audrey Camille Chloe Claire Colette Elise Emilie Flavie Helene Ines Jeanne"
        " Juliette Lea Louise Manon Margot Alain Antoine Arnaud Bruno Cedric Damien Denis Emile Fabien Gaston Hugo"
        " Jules Lucas Luc Marcel Mathis Noel Olivier Pascal Remi"
    ),
    last_names=_words(
        "Arnaud Aubert Barbier Bernard Bertin Blanc Bonnet Boyer Brun Caron Carpentier Chevalier Clement Colin"
        " Dubois Dumas Dupont Durand Fabre Faure Fontaine Garnier Gautier Girard Guerin Henry Joly Lambert Leclerc"
        " Lefevre Lemaire Leroy Marchand Mercier Meunier Meyer Moreau Morel Noel Perrin Picard Renard Roche"
        " Rousseau Roux Simon Vidal"
    ),
)
REGIONS = (AMERICA, BRITAIN, FRANCE)
SHOPS = tuple(shop for region in REGIONS for shop in region.shops)
