"""The levels of the demo assortment: indexes, sections, garment groups and what they hold."""

from __future__ import annotations

from models_py.demo_values import (
    ACCESSORIES,
    NIGHTWEAR,
    SHOES,
    SOCKS,
    SWIMWEAR,
    UNDERWEAR,
)

# letter: name, index group number, index group name, per cent of the catalogue
INDEXES: dict[str, tuple[str, int, str, float]] = {
    "A": ("Ladieswear", 1, "Ladieswear", 24.6),
    "B": ("Lingeries/Tights", 1, "Ladieswear", 6.5),
    "C": ("Ladies Accessories", 1, "Ladieswear", 6.6),
    "D": ("Divided", 2, "Divided", 14.4),
    "F": ("Menswear", 3, "Menswear", 11.9),
    "G": ("Baby Sizes 50-98", 4, "Baby/Children", 8.4),
    "H": ("Children Sizes 92-140", 4, "Baby/Children", 11.4),
    "I": ("Children Sizes 134-170", 4, "Baby/Children", 8.7),
    "J": ("Children Accessories, Swimwear", 4, "Baby/Children", 4.4),
    "S": ("Sport", 26, "Sport", 3.2),
}

INDEX_GROUP_SALES: dict[int, float] = {1: 62.6, 2: 24.3, 3: 5.7, 4: 2.0, 26: 5.5}

SECTIONS: dict[str, tuple[tuple[int, str], ...]] = {
    "A": ((15, "Womens Everyday Collection"), (11, "Womens Tailoring"), (18, "Womens Trend"),
          (16, "Womens Everyday Basics"), (6, "Womens Casual"), (57, "Ladies Denim"),
          (29, "Womens Jackets"), (2, "H&M+"), (19, "Womens Premium"), (8, "Mama"),
          (4, "Collaborations"), (14, "Womens Special Offers")),
    "B": ((61, "Womens Lingerie"), (62, "Womens Nightwear, Socks & Tigh"),
          (60, "Womens Swimwear, beachwear")),
    "C": ((66, "Womens Small accessories"), (52, "Womens Big accessories"), (64, "Womens Shoes"),
          (65, "Ladies Other")),
    "D": ((53, "Divided Collection"), (51, "Divided Basics"), (50, "Divided Projects"),
          (58, "Divided Selected"), (59, "Divided Asia keys"), (80, "Divided Complements Other"),
          (82, "Divided Accessories")),
    "F": ((21, "Contemporary Casual"), (22, "Contemporary Smart"), (23, "Contemporary Street"),
          (55, "Denim Men"), (20, "Men Suits & Tailoring"), (26, "Men Underwear"),
          (25, "Men Accessories"), (56, "Men Shoes"), (30, "Men Edition"), (31, "Men Other"),
          (27, "Men Project"), (24, "Mens Outerwear")),
    "G": ((40, "Baby Girl"), (41, "Baby Boy"), (44, "Baby Essentials & Complements"),
          (42, "Kids Local Relevance")),
    "H": ((76, "Kids Girl"), (46, "Kids Boy"), (45, "Kids Outerwear"), (43, "Kids & Baby Shoes"),
          (49, "Kids Girl UW/NW & Swimwear")),
    "I": ((77, "Young Girl"), (47, "Young Boy"), (79, "Girls Underwear & Basics"),
          (48, "Boys Underwear & Basics")),
    "J": ((72, "Kids Accessories, Swimwear & D"), (71, "Kids Sports"), (70, "Kids Small Access.")),
    "S": ((5, "Ladies H&M Sport"), (28, "Men H&M Sport")),
}  # fmt: skip

GARMENT_GROUPS: dict[str, int] = {
    "Unknown": 1001, "Jersey Basic": 1002, "Knitwear": 1003, "Jersey Fancy": 1005,
    "Woven/Jersey/Knitted mix Baby": 1006, "Outdoor": 1007, "Dressed": 1008, "Trousers": 1009,
    "Blouses": 1010, "Shirts": 1011, "Skirts": 1012, "Dresses Ladies": 1013,
    "Special Offers": 1014, "Trousers Denim": 1016, "Under-, Nightwear": 1017, "Swimwear": 1018,
    "Accessories": 1019, "Shoes": 1020, "Socks and Tights": 1021,
    "Dresses/Skirts girls": 1023, "Shorts": 1025,
}  # fmt: skip

# product type or product group: garment groups with their per cent, within that type
TYPE_GARMENTS: dict[str, tuple[tuple[str, float], ...]] = {
    "Trousers": (("Trousers", 68), ("Trousers Denim", 20), ("Dressed", 7), ("Jersey Fancy", 5)),
    "Sweater": (("Knitwear", 78), ("Jersey Fancy", 22)),
    "Cardigan": (("Knitwear", 100),),
    "T-shirt": (("Jersey Fancy", 60), ("Jersey Basic", 40)),
    "Top": (("Jersey Fancy", 45), ("Jersey Basic", 55)),
    "Vest top": (("Jersey Basic", 60), ("Jersey Fancy", 40)),
    "Bodysuit": (("Jersey Basic", 50), ("Jersey Fancy", 50)),
    "Hoodie": (("Jersey Fancy", 75), ("Jersey Basic", 25)),
    "Polo shirt": (("Jersey Fancy", 100),),
    "Leggings/Tights": (("Jersey Basic", 70), ("Jersey Fancy", 30)),
    "Blouse": (("Blouses", 100),),
    "Shirt": (("Blouses", 60), ("Shirts", 40)),
    "Jacket": (("Outdoor", 75), ("Trousers Denim", 25)),
    "Coat": (("Outdoor", 100),),
    "Outdoor Waistcoat": (("Outdoor", 100),),
    "Outdoor trousers": (("Outdoor", 100),),
    "Outdoor overall": (("Outdoor", 100),),
    "Blazer": (("Dressed", 100),),
    "Tailored Waistcoat": (("Dressed", 100),),
    "Shorts": (("Shorts", 80), ("Trousers Denim", 20)),
    "Skirt": (("Skirts", 100),),
    "Dress": (("Dresses Ladies", 70), ("Jersey Fancy", 30)),
    "Jumpsuit/Playsuit": (("Dresses Ladies", 60), ("Jersey Fancy", 40)),
    "Dungarees": (("Trousers Denim", 60), ("Trousers", 40)),
    "Garment Set": (("Jersey Fancy", 90), ("Special Offers", 10)),
    "Costumes": (("Jersey Fancy", 100),),
    UNDERWEAR: (("Under-, Nightwear", 100),),
    "Underwear/nightwear": (("Under-, Nightwear", 100),),
    NIGHTWEAR: (("Under-, Nightwear", 100),),
    SOCKS: (("Socks and Tights", 100),),
    SWIMWEAR: (("Swimwear", 100),),
    SHOES: (("Shoes", 100),),
    "Unknown": (("Unknown", 100),),
    "*": (("Accessories", 100),),
}

# Sections that hold only these product types or product groups. The others hold garments.
SECTION_SCOPE: dict[int, tuple[str, ...]] = {
    57: ("Trousers", "Shorts", "Skirt", "Jacket", "Dungarees"),
    29: ("Jacket", "Coat", "Outdoor Waistcoat"),
    11: ("Blazer", "Trousers", "Skirt", "Blouse", "Dress"),
    61: (UNDERWEAR,),
    62: (NIGHTWEAR, SOCKS),
    60: (SWIMWEAR,),
    66: ("Earring", "Necklace", "Ring", "Bracelet", "Hair/alice band", "Hair clip", "Hair string",
         "Belt", "Wallet", "Watch", "Sunglasses"),
    52: ("Bag", "Bags", "Scarf", "Hat/beanie", "Hat/brim", "Gloves", "Cap/peaked"),
    64: (SHOES,),
    65: ("Other accessories", "Cosmetic", "Interior textile", "Garment and Shoe care",
         "Furniture", "Items", "Fun", "Stationery"),
    80: (UNDERWEAR, SWIMWEAR, SOCKS, NIGHTWEAR),
    82: (ACCESSORIES, SHOES, "Bags", "Cosmetic", "Stationery", "Items"),
    55: ("Trousers", "Shorts", "Jacket", "Shirt"),
    20: ("Blazer", "Trousers", "Shirt", "Tailored Waistcoat"),
    26: (UNDERWEAR, SOCKS, NIGHTWEAR, SWIMWEAR),
    25: (ACCESSORIES, "Bags"),
    56: (SHOES,),
    24: ("Jacket", "Coat", "Outdoor Waistcoat"),
    44: ("Garment Set", UNDERWEAR, SOCKS, NIGHTWEAR, "Toy"),
    45: ("Jacket", "Coat", "Outdoor trousers", "Outdoor overall", "Outdoor Waistcoat"),
    43: (SHOES,),
    49: (UNDERWEAR, NIGHTWEAR, SOCKS, SWIMWEAR, "Underwear/nightwear"),
    79: (UNDERWEAR, NIGHTWEAR, SOCKS, SWIMWEAR, "Underwear/nightwear"),
    48: (UNDERWEAR, NIGHTWEAR, SOCKS, SWIMWEAR, "Underwear/nightwear"),
    71: ("Backpack", "Cap/peaked", SWIMWEAR),
}  # fmt: skip
