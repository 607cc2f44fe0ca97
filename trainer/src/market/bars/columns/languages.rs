//! Names of columns in other languages than English, without accents on
//! Latin letters. Only whole names match.

/// The names in one language, separated by spaces.
pub(super) struct Language {
    pub(super) time: &'static str,
    pub(super) open: &'static str,
    pub(super) high: &'static str,
    pub(super) low: &'static str,
    pub(super) close: &'static str,
    /// Volumes in units of the asset.
    pub(super) volume: &'static str,
    /// Volumes in money.
    pub(super) turnover: &'static str,
}

pub(super) static LANGUAGES: [Language; 20] = [
    // German.
    Language {
        time: "datum zeit zeitpunkt handelstag",
        open: "eroffnung eroeffnung eroffnungskurs eroeffnungskurs eroffn erster anfangskurs",
        high: "hoch hochst hoechst hochstkurs hoechstkurs tageshoch",
        low: "tief tiefst tiefstkurs tagestief",
        close: "schluss schlusskurs zuletzt",
        volume: "stuck stucke stuecke handelsvolumen volumen",
        turnover: "umsatz umsatzineur",
    },
    // Spanish.
    Language {
        time: "fecha hora",
        open: "apertura",
        high: "maximo max alto",
        low: "minimo min bajo",
        close: "cierre ultimo",
        volume: "volumen titulos",
        turnover: "efectivo",
    },
    // French.
    Language {
        time: "jour",
        open: "ouverture ouv premier",
        high: "haut plushaut",
        low: "bas plusbas",
        close: "cloture clot dernier",
        volume: "titres titresechanges volumeechange quantite",
        turnover: "capitaux",
    },
    // Italian.
    Language {
        time: "data",
        open: "apertura",
        high: "massimo",
        low: "minimo",
        close: "chiusura ultimo",
        volume: "volumi quantita",
        turnover: "controvalore",
    },
    // Portuguese.
    Language {
        time: "data",
        open: "abertura",
        high: "maximo maxima",
        low: "minimo minima",
        close: "fechamento fecho ultimo",
        volume: "quantidade",
        turnover: "volumefinanceiro financeiro",
    },
    // Dutch.
    Language {
        time: "datum",
        open: "openingskoers",
        high: "hoog hoogste",
        low: "laag laagste",
        close: "slot slotkoers sluiting",
        volume: "aantal",
        turnover: "omzet",
    },
    // Swedish.
    Language {
        time: "datum",
        open: "oppning oppningskurs",
        high: "hogst hogsta",
        low: "lagst lagsta",
        close: "stangning slutkurs senast senaste",
        volume: "volym",
        turnover: "omsattning",
    },
    // Danish and Norwegian.
    Language {
        time: "dato",
        open: "abning apning apningskurs",
        high: "hoy hoj hojest hojeste hoyest hoyeste",
        low: "lav lavest laveste",
        close: "slut slutt lukke siste senest",
        volume: "volum",
        turnover: "omsetning omsætning",
    },
    // Finnish.
    Language {
        time: "paivamaara pvm",
        open: "avaus",
        high: "ylin",
        low: "alin",
        close: "paatos viimeisin",
        volume: "maara",
        turnover: "vaihto",
    },
    // Polish.
    Language {
        time: "data",
        open: "otwarcie otwarcia",
        high: "najwyzszy",
        low: "najnizszy",
        close: "zamkniecie zamkniecia ostatnio",
        volume: "wolumen",
        turnover: "obrot",
    },
    // Czech.
    Language {
        time: "datum",
        open: "otevreni",
        high: "nejvyssi",
        low: "nejnizsi",
        close: "zavreni zaver",
        volume: "objem",
        turnover: "obrat",
    },
    // Hungarian.
    Language {
        time: "datum",
        open: "nyito nyitoar",
        high: "legmagasabb",
        low: "legalacsonyabb",
        close: "zaro zaroar utolso",
        volume: "mennyiseg",
        turnover: "forgalom",
    },
    // Russian.
    Language {
        time: "дата время",
        open: "открытие открытия откр",
        high: "максимум макс",
        low: "минимум мин",
        close: "закрытие закрытия цена",
        volume: "объем",
        turnover: "оборот",
    },
    // Turkish.
    Language {
        time: "tarih",
        open: "acilis",
        high: "yuksek enyuksek",
        low: "dusuk endusuk",
        close: "kapanis simdi son",
        volume: "hacim hac",
        turnover: "",
    },
    // Greek.
    Language {
        time: "ημερομηνία",
        open: "άνοιγμα",
        high: "υψηλό υψηλότερο",
        low: "χαμηλό χαμηλότερο",
        close: "κλείσιμο τελευταία",
        volume: "όγκος",
        turnover: "τζίρος",
    },
    // Indonesian.
    Language {
        time: "tanggal",
        open: "pembukaan",
        high: "tertinggi",
        low: "terendah",
        close: "terakhir penutupan",
        volume: "",
        turnover: "nilai",
    },
    // Vietnamese.
    Language {
        time: "ngay",
        open: "mở mởcửa",
        high: "cao caonhất",
        low: "thấp thấpnhất",
        close: "lầncuối đongcửa",
        volume: "kl khốilượng",
        turnover: "",
    },
    // Chinese.
    Language {
        time: "日期 时间 時間 交易日期 交易日 交易时间",
        open: "开盘 开盘价 開盤 開盤價 今开",
        high: "最高 最高价 最高價",
        low: "最低 最低价 最低價",
        close: "收盘 收盘价 收盤 收盤價 最新价",
        volume: "成交量 成交量股 成交量手 总手 成交股数 成交股數",
        turnover: "成交额 成交额元 成交金额 成交金额元 成交金額 金额",
    },
    // Japanese.
    Language {
        time: "日付 日時 年月日",
        open: "始値",
        high: "高値",
        low: "安値",
        close: "終値",
        volume: "出来高 売買高",
        turnover: "売買代金",
    },
    // Korean.
    Language {
        time: "날짜 일자 일시",
        open: "시가",
        high: "고가",
        low: "저가",
        close: "종가",
        volume: "거래량",
        turnover: "거래대금",
    },
];

/// Whether `name` is one of the `names` of any language.
pub(super) fn is_any(name: &str, names: fn(&Language) -> &'static str) -> bool {
    LANGUAGES.iter().any(|language| names(language).split_whitespace().any(|known| known == name))
}
