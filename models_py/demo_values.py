"""Value lists of the demo catalogue: the real spellings, their shares and their seasons.

Shares are per cent, of the catalogue first and of a late September week's sales second. Those that
are published are kept as published; the rest are plausible fillers that bring each
list to about 100, by whose sum all are divided.
"""

from __future__ import annotations

from typing import NamedTuple


class ProductType(NamedTuple):
    """One product type: its name, group, shares, season, price in euro and index letters."""

    name: str
    group: str
    catalogue: float
    sales: float
    season: str
    price: float
    indexes: str


class Colour(NamedTuple):
    """One colour group: its code, shares, and its perceived value and master colour."""

    code: int
    name: str
    catalogue: float
    sales: float
    value: str
    master: str


class Pattern(NamedTuple):
    """One graphical appearance: its shares, and the surfaces that carry it more often."""

    number: int
    name: str
    catalogue: float
    sales: float
    surfaces: str


UPPER, LOWER, FULL = "Garment Upper body", "Garment Lower body", "Garment Full body"
ACCESSORIES, UNDERWEAR, SHOES = "Accessories", "Underwear", "Shoes"
SWIMWEAR, SOCKS, NIGHTWEAR = "Swimwear", "Socks & Tights", "Nightwear"

PRODUCT_TYPES: tuple[ProductType, ...] = (
    ProductType("Trousers", LOWER, 10.6, 16.2, "flat", 25, "ADFGHIS"),
    ProductType("Dress", FULL, 9.8, 7.6, "warm", 25, "ADGHI"),
    ProductType("Sweater", UPPER, 8.8, 12.9, "cool", 23, "ADFGHIS"),
    ProductType("T-shirt", UPPER, 7.5, 5.5, "warm", 11, "ADFGHIS"),
    ProductType("Top", UPPER, 3.9, 6.7, "warm", 14, "ADGHIS"),
    ProductType("Blouse", UPPER, 3.8, 4.4, "flat", 22, "ADHI"),
    ProductType("Jacket", UPPER, 3.7, 3.5, "cool", 38, "ADFGHIS"),
    ProductType("Shorts", LOWER, 3.7, 0.6, "summer", 17, "ADFGHIS"),
    ProductType("Shirt", UPPER, 3.2, 3.7, "flat", 22, "ADFGHI"),
    ProductType("Vest top", UPPER, 2.8, 2.2, "warm", 9, "ADFHIS"),
    ProductType("Underwear bottom", UNDERWEAR, 2.6, 3.4, "flat", 12, "BDFGHI"),
    ProductType("Skirt", LOWER, 2.6, 2.4, "warm", 22, "ADGHI"),
    ProductType("Hoodie", UPPER, 2.2, 2.9, "cool", 24, "ADFGHIS"),
    ProductType("Bra", UNDERWEAR, 2.1, 3.7, "flat", 18, "BDIS"),
    ProductType("Socks", SOCKS, 1.8, 1.9, "flat", 8, "BDFGHIS"),
    ProductType("Leggings/Tights", LOWER, 1.8, 3.5, "flat", 16, "ADGHIS"),
    ProductType("Cardigan", UPPER, 1.5, 3.0, "cool", 24, "ADFGHI"),
    ProductType("Coat", UPPER, 1.2, 1.6, "winter", 55, "ADFGHI"),
    ProductType("Blazer", UPPER, 1.1, 2.4, "flat", 38, "ADFHI"),
    ProductType("Bodysuit", UPPER, 0.9, 1.2, "flat", 14, "ADG"),
    ProductType("Polo shirt", UPPER, 0.5, 0.3, "warm", 17, "FGHI"),
    ProductType("Outdoor Waistcoat", UPPER, 0.3, 0.2, "cool", 30, "AFGHIS"),
    ProductType("Tailored Waistcoat", UPPER, 0.1, 0.1, "flat", 28, "FH"),
    ProductType("Outdoor trousers", LOWER, 0.1, 0.1, "winter", 32, "GHIS"),
    ProductType("Jumpsuit/Playsuit", FULL, 1.1, 0.5, "warm", 28, "ADGHI"),
    ProductType("Garment Set", FULL, 1.2, 0.1, "flat", 20, "GHI"),
    ProductType("Dungarees", FULL, 0.3, 0.1, "flat", 30, "ADGHI"),
    ProductType("Costumes", FULL, 0.1, 0.03, "flat", 20, "GHI"),
    ProductType("Outdoor overall", FULL, 0.1, 0.02, "winter", 45, "GH"),
    ProductType("Earring", ACCESSORIES, 1.1, 0.5, "flat", 7, "CD"),
    ProductType("Hat/beanie", ACCESSORIES, 1.0, 0.4, "winter", 10, "CDFGHIJ"),
    ProductType("Bag", ACCESSORIES, 1.2, 0.9, "flat", 22, "CDFJ"),
    ProductType("Scarf", ACCESSORIES, 1.0, 0.6, "winter", 14, "CDFJ"),
    ProductType("Necklace", ACCESSORIES, 0.6, 0.3, "flat", 8, "CD"),
    ProductType("Cap/peaked", ACCESSORIES, 0.6, 0.2, "summer", 10, "CDFJ"),
    ProductType("Other accessories", ACCESSORIES, 0.7, 0.5, "flat", 8, "CDFJ"),
    ProductType("Belt", ACCESSORIES, 0.6, 0.5, "flat", 12, "CDFJ"),
    ProductType("Hair/alice band", ACCESSORIES, 0.6, 0.3, "flat", 6, "CDJ"),
    ProductType("Hair clip", ACCESSORIES, 0.5, 0.2, "flat", 5, "CDJ"),
    ProductType("Hair string", ACCESSORIES, 0.4, 0.3, "flat", 5, "CDJ"),
    ProductType("Sunglasses", ACCESSORIES, 0.5, 0.2, "summer", 9, "CDFJ"),
    ProductType("Gloves", ACCESSORIES, 0.4, 0.2, "winter", 10, "CDFJ"),
    ProductType("Ring", ACCESSORIES, 0.3, 0.1, "flat", 6, "CD"),
    ProductType("Bracelet", ACCESSORIES, 0.2, 0.06, "flat", 6, "CD"),
    ProductType("Hat/brim", ACCESSORIES, 0.3, 0.1, "summer", 12, "CDFJ"),
    ProductType("Wallet", ACCESSORIES, 0.15, 0.05, "flat", 10, "CDF"),
    ProductType("Watch", ACCESSORIES, 0.1, 0.02, "flat", 18, "CDF"),
    ProductType("Tie", ACCESSORIES, 0.15, 0.03, "flat", 12, "F"),
    ProductType("Backpack", "Bags", 0.1, 0.05, "flat", 25, "CDFJ"),
    ProductType("Weekend/Gym bag", "Bags", 0.05, 0.02, "flat", 25, "CFS"),
    ProductType("Tote bag", "Bags", 0.03, 0.02, "summer", 14, "CD"),
    ProductType("Fine cosmetics", "Cosmetic", 0.05, 0.03, "flat", 7, "CD"),
    ProductType("Towel", "Interior textile", 0.03, 0.01, "summer", 15, "CJ"),
    ProductType("Toy", "Fun", 0.03, 0.01, "flat", 9, "GJ"),
    ProductType("Sewing kit", "Garment and Shoe care", 0.02, 0.01, "flat", 5, "C"),
    ProductType("Marker pen", "Stationery", 0.02, 0.01, "flat", 4, "D"),
    ProductType("Side table", "Furniture", 0.02, 0.01, "flat", 40, "C"),
    ProductType("Dog Wear", "Items", 0.03, 0.02, "winter", 12, "CD"),
    ProductType("Underwear body", UNDERWEAR, 0.2, 0.2, "flat", 20, "B"),
    ProductType("Bra extender", UNDERWEAR, 0.03, 0.03, "flat", 4, "B"),
    ProductType("Long John", UNDERWEAR, 0.1, 0.1, "winter", 15, "FGHS"),
    ProductType("Nipple covers", UNDERWEAR, 0.03, 0.05, "flat", 7, "B"),
    ProductType("Under-vest", "Underwear/nightwear", 0.1, 0.05, "flat", 9, "GHI"),
    ProductType("Sneakers", SHOES, 1.3, 0.3, "flat", 27, "CDFGHI"),
    ProductType("Boots", SHOES, 1.2, 0.7, "winter", 38, "CDFGHI"),
    ProductType("Sandals", SHOES, 0.9, 0.2, "summer", 20, "CDFGHI"),
    ProductType("Ballerinas", SHOES, 0.4, 0.1, "warm", 17, "CDGHI"),
    ProductType("Pumps", SHOES, 0.3, 0.1, "flat", 27, "CD"),
    ProductType("Slippers", SHOES, 0.3, 0.1, "winter", 13, "CDFGH"),
    ProductType("Other shoe", SHOES, 0.3, 0.1, "flat", 25, "CDFGH"),
    ProductType("Heeled sandals", SHOES, 0.2, 0.05, "summer", 28, "CD"),
    ProductType("Bikini top", SWIMWEAR, 1.0, 0.5, "summer", 15, "BDI"),
    ProductType("Swimwear bottom", SWIMWEAR, 1.2, 0.4, "summer", 12, "BDFHI"),
    ProductType("Swimsuit", SWIMWEAR, 0.6, 0.2, "summer", 22, "BDGHIJ"),
    ProductType("Swimwear set", SWIMWEAR, 0.1, 0.02, "summer", 20, "GHJ"),
    ProductType("Sarong", SWIMWEAR, 0.05, 0.02, "summer", 14, "B"),
    ProductType("Underwear Tights", SOCKS, 0.5, 0.6, "winter", 11, "BGH"),
    ProductType("Leg warmers", SOCKS, 0.02, 0.01, "winter", 9, "BS"),
    ProductType("Pyjama set", NIGHTWEAR, 1.0, 0.7, "cool", 20, "BGHIF"),
    ProductType("Pyjama bottom", NIGHTWEAR, 0.2, 0.2, "cool", 15, "BFHI"),
    ProductType("Night gown", NIGHTWEAR, 0.2, 0.2, "flat", 17, "BHI"),
    ProductType("Pyjama jumpsuit/playsuit", NIGHTWEAR, 0.3, 0.1, "cool", 17, "GHI"),
    ProductType("Robe", NIGHTWEAR, 0.1, 0.1, "cool", 26, "BF"),
    ProductType("Unknown", "Unknown", 0.1, 0.01, "flat", 15, "AF"),
)

# Relative demand by calendar month, January first. September is 1 because the sales shares above
# are those of a late September week.
SEASONS: dict[str, tuple[float, ...]] = {
    "flat": (1.0,) * 12,
    "warm": (0.7, 0.75, 0.9, 1.2, 1.5, 1.6, 1.5, 1.3, 1.0, 0.8, 0.7, 0.8),
    "summer": (0.5, 0.8, 1.5, 3.0, 4.5, 6.0, 5.0, 2.2, 1.0, 0.6, 0.4, 0.4),
    "cool": (1.0, 0.9, 0.75, 0.6, 0.45, 0.35, 0.4, 0.7, 1.0, 1.3, 1.4, 1.4),
    "winter": (1.3, 0.9, 0.6, 0.4, 0.2, 0.15, 0.2, 0.5, 1.0, 1.8, 2.2, 2.0),
}

COLOURS: tuple[Colour, ...] = (
    Colour(9, "Black", 21.5, 37.5, "Dark", "Black"),
    Colour(73, "Dark Blue", 11.5, 4.0, "Dark", "Blue"),
    Colour(10, "White", 9.0, 8.1, "Light", "White"),
    Colour(51, "Light Pink", 5.5, 2.2, "Dusty Light", "Pink"),
    Colour(7, "Grey", 4.3, 3.6, "Medium", "Grey"),
    Colour(12, "Light Beige", 3.2, 4.8, "Dusty Light", "Beige"),
    Colour(72, "Blue", 3.1, 3.7, "Medium Dusty", "Blue"),
    Colour(42, "Red", 2.9, 0.7, "Bright", "Red"),
    Colour(71, "Light Blue", 2.9, 1.6, "Dusty Light", "Blue"),
    Colour(19, "Greenish Khaki", 2.6, 1.5, "Medium Dusty", "Khaki green"),
    Colour(8, "Dark Grey", 2.6, 3.6, "Dark", "Grey"),
    Colour(11, "Off White", 2.6, 3.6, "Light", "White"),
    Colour(13, "Beige", 2.6, 6.3, "Medium Dusty", "Mole"),
    Colour(43, "Dark Red", 2.2, 1.1, "Dark", "Red"),
    Colour(93, "Dark Green", 2.0, 1.7, "Dark", "Green"),
    Colour(6, "Light Grey", 2.0, 1.5, "Light", "Grey"),
    Colour(52, "Pink", 2.0, 1.1, "Medium Dusty", "Pink"),
    Colour(22, "Yellow", 1.5, 0.8, "Bright", "Yellow"),
    Colour(17, "Yellowish Brown", 1.5, 1.8, "Medium", "Yellowish Green"),
    Colour(5, "Gold", 1.3, 0.5, "Medium", "Metal"),
    Colour(53, "Dark Pink", 0.9, 0.6, "Dark", "Pink"),
    Colour(32, "Orange", 0.9, 0.6, "Bright", "Orange"),
    Colour(33, "Dark Orange", 0.8, 0.6, "Medium", "Orange"),
    Colour(31, "Light Orange", 0.8, 0.6, "Dusty Light", "Orange"),
    Colour(3, "Silver", 0.8, 0.2, "Medium", "Metal"),
    Colour(14, "Dark Beige", 0.7, 1.6, "Medium Dusty", "Mole"),
    Colour(15, "Greyish Beige", 0.7, 0.9, "Medium Dusty", "Beige"),
    Colour(21, "Light Yellow", 0.7, 0.5, "Light", "Yellow"),
    Colour(23, "Dark Yellow", 0.7, 0.5, "Medium", "Yellow"),
    Colour(92, "Green", 0.7, 0.8, "Medium", "Green"),
    Colour(91, "Light Green", 0.6, 0.7, "Dusty Light", "Green"),
    Colour(81, "Light Turquoise", 0.6, 0.3, "Dusty Light", "Turquoise"),
    Colour(82, "Turquoise", 0.4, 0.3, "Medium", "Turquoise"),
    Colour(83, "Dark Turquoise", 0.4, 0.2, "Dark", "Bluish Green"),
    Colour(61, "Light Purple", 0.4, 0.6, "Dusty Light", "Lilac Purple"),
    Colour(62, "Purple", 0.3, 0.3, "Medium", "Lilac Purple"),
    Colour(63, "Dark Purple", 0.3, 0.2, "Dark", "Lilac Purple"),
    Colour(16, "Brown", 0.3, 0.7, "Medium", "Brown"),
    Colour(18, "Dark Brown", 0.3, 0.5, "Dark", "Brown"),
    Colour(41, "Light Red", 0.3, 0.2, "Dusty Light", "Red"),
    Colour(2, "Bronze/Copper", 0.2, 0.1, "Medium", "Metal"),
    Colour(50, "Other Pink", 0.3, 0.2, "Bright", "Pink"),
    Colour(40, "Other Red", 0.15, 0.1, "Bright", "Red"),
    Colour(30, "Other Orange", 0.15, 0.1, "Bright", "Orange"),
    Colour(20, "Other Yellow", 0.15, 0.1, "Bright", "Yellow"),
    Colour(70, "Other Blue", 0.1, 0.1, "Bright", "Blue"),
    Colour(80, "Other Turquoise", 0.1, 0.1, "Bright", "Turquoise"),
    Colour(90, "Other Green", 0.1, 0.1, "Bright", "Green"),
    Colour(1, "Transparent", 0.1, 0.05, "Undefined", "undefined"),
    Colour(-1, "Unknown", 0.05, 0.02, "Unknown", "Unknown"),
)

COLOUR_VALUES: dict[str, int] = {
    "Dusty Light": 1, "Medium Dusty": 2, "Light": 3, "Dark": 4,
    "Medium": 5, "Bright": 6, "Undefined": 7, "Unknown": -1,
}  # fmt: skip

COLOUR_MASTERS: dict[str, int] = {
    "Black": 5, "Blue": 2, "White": 9, "Pink": 4, "Grey": 12, "Red": 18, "Beige": 11,
    "Khaki green": 20, "Green": 19, "Yellow": 8, "Orange": 3, "Mole": 1, "Metal": 14,
    "Brown": 15, "Lilac Purple": 10, "Turquoise": 7, "Bluish Green": 6,
    "Yellowish Green": 13, "undefined": 16, "Unknown": -1,
}  # fmt: skip

# Surfaces: d denim cloth, l lingerie, p plain shirts and tops (prints), k knitwear, o the rest.
PATTERNS: tuple[Pattern, ...] = (
    Pattern(1010016, "Solid", 47.1, 62.4, "dlpko"),
    Pattern(1010001, "All over pattern", 16.3, 6.7, "dlpo"),
    Pattern(1010010, "Melange", 5.6, 8.2, "pk"),
    Pattern(1010017, "Stripe", 4.7, 1.9, "pko"),
    Pattern(1010023, "Denim", 4.6, 7.8, "d"),
    Pattern(1010008, "Front print", 3.0, 0.5, "p"),
    Pattern(1010014, "Placement print", 2.9, 1.6, "pko"),
    Pattern(1010004, "Check", 2.1, 2.7, "dpo"),
    Pattern(1010021, "Lace", 1.4, 1.3, "l"),
    Pattern(1010005, "Colour blocking", 1.7, 0.8, "pko"),
    Pattern(1010013, "Other pattern", 1.4, 0.7, "dlpko"),
    Pattern(1010006, "Dot", 1.3, 0.6, "lpo"),
    Pattern(1010026, "Other structure", 1.4, 1.8, "ko"),
    Pattern(1010002, "Application/3D", 1.2, 0.4, "dpo"),
    Pattern(1010007, "Embroidery", 1.1, 0.5, "dlp"),
    Pattern(1010012, "Mixed solid/pattern", 1.1, 0.5, "lpko"),
    Pattern(1010009, "Glittering/Metallic", 0.9, 0.4, "o"),
    Pattern(1010028, "Jacquard", 0.8, 0.4, "k"),
    Pattern(1010018, "Treatment", 0.6, 0.3, "d"),
    Pattern(1010003, "Argyle", 0.1, 0.1, "k"),
    Pattern(1010011, "Metallic", 0.3, 0.1, "o"),
    Pattern(1010015, "Sequin", 0.3, 0.1, "o"),
    Pattern(1010019, "Transparent", 0.2, 0.1, "o"),
    Pattern(1010020, "Contrast", 0.3, 0.1, "pko"),
    Pattern(1010022, "Mesh", 0.2, 0.2, "l"),
    Pattern(1010024, "Chambray", 0.2, 0.1, "d"),
    Pattern(1010025, "Neps", 0.1, 0.1, "k"),
    Pattern(1010027, "Slub", 0.1, 0.1, "p"),
    Pattern(1010029, "Hologram", 0.05, 0.02, "o"),
    Pattern(-1, "Unknown", 0.05, 0.02, "dlpko"),
)


def surface(product_type: ProductType) -> str:
    """Name the surface of a product type, one letter of those listed at `PATTERNS`."""
    if product_type.name in {"Trousers", "Shorts", "Skirt", "Jacket", "Dungarees"}:
        return "d"
    if product_type.group in {UNDERWEAR, NIGHTWEAR, SWIMWEAR}:
        return "l"
    if product_type.name in {"Sweater", "Cardigan", "Hat/beanie", "Scarf", "Socks", "Gloves"}:
        return "k"
    if product_type.group in {UPPER, FULL}:
        return "p"
    return "o"
