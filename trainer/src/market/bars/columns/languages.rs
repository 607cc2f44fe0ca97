//! Names of prices and times in other languages than English: German,
//! Spanish, French, Italian, Portuguese, Polish, Russian, Chinese,
//! Japanese, Korean. Only whole names match.

/// Names of the open.
pub(super) const OPEN: &[&str] = &[
    "er\u{f6}ffnung",
    "er\u{f6}ffnungskurs",
    "er\u{f6}ffn",
    "eroeffnung",
    "eroffnung",
    "erster",
    "apertura",
    "ouverture",
    "ouv",
    "abertura",
    "otwarcie",
    "\u{43e}\u{442}\u{43a}\u{440}",
    "\u{5f00}\u{76d8}",
    "\u{5f00}\u{76d8}\u{4ef7}",
    "\u{59cb}\u{5024}",
    "\u{c2dc}\u{ac00}",
];

/// Names of the high.
pub(super) const HIGH: &[&str] = &[
    "hoch",
    "h\u{f6}chst",
    "hoechst",
    "h\u{f6}chstkurs",
    "tageshoch",
    "m\u{e1}ximo",
    "m\u{e1}x",
    "maximo",
    "haut",
    "plushaut",
    "massimo",
    "najwyzszy",
    "najwy\u{17c}szy",
    "\u{43c}\u{430}\u{43a}\u{441}",
    "\u{6700}\u{9ad8}",
    "\u{6700}\u{9ad8}\u{4ef7}",
    "\u{9ad8}\u{5024}",
    "\u{ace0}\u{ac00}",
];

/// Names of the low.
pub(super) const LOW: &[&str] = &[
    "tief",
    "tiefst",
    "tiefstkurs",
    "tagestief",
    "m\u{ed}nimo",
    "m\u{ed}n",
    "minimo",
    "bas",
    "plusbas",
    "najnizszy",
    "najni\u{17c}szy",
    "\u{43c}\u{438}\u{43d}",
    "\u{6700}\u{4f4e}",
    "\u{6700}\u{4f4e}\u{4ef7}",
    "\u{5b89}\u{5024}",
    "\u{c800}\u{ac00}",
];

/// Names of the close.
pub(super) const CLOSE: &[&str] = &[
    "schluss",
    "schlusskurs",
    "zuletzt",
    "cierre",
    "\u{fa}ltimo",
    "ultimo",
    "cl\u{f4}ture",
    "cl\u{f4}t",
    "cloture",
    "clot",
    "dernier",
    "chiusura",
    "fechamento",
    "zamkniecie",
    "zamkni\u{119}cie",
    "\u{446}\u{435}\u{43d}\u{430}",
    "\u{6536}\u{76d8}",
    "\u{6536}\u{76d8}\u{4ef7}",
    "\u{7d42}\u{5024}",
    "\u{c885}\u{ac00}",
];

/// Names of the volume, some of them English names that match only as a
/// whole.
pub(super) const VOLUME: &[&str] = &[
    "volumen",
    "st\u{fc}ck",
    "st\u{fc}cke",
    "stuecke",
    "wolumen",
    "\u{43e}\u{431}\u{44a}\u{451}\u{43c}",
    "\u{43e}\u{431}\u{44a}\u{435}\u{43c}",
    "\u{6210}\u{4ea4}\u{91cf}",
    "\u{51fa}\u{6765}\u{9ad8}",
    "\u{ac70}\u{b798}\u{b7c9}",
    "ttltrdqnty",
    "tottrdqty",
    "totaltradedquantity",
    "totaltradequantity",
    "tradedquantity",
    "quantity",
    "qty",
];

/// Names of the time.
pub(super) const TIME: &[&str] = &[
    "data",
    "\u{434}\u{430}\u{442}\u{430}",
    "\u{65e5}\u{671f}",
    "\u{65e5}\u{4ed8}",
    "\u{b0a0}\u{c9dc}",
];
