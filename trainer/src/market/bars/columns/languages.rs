//! Names of columns in other languages than English, without accents on
//! Latin letters. Only whole names match.

use crate::market::bars::letters::{has_word, plain_letters};

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

pub(super) static LANGUAGES: [Language; 25] = [
    // German.
    Language {
        time: "datum zeit zeitpunkt handelstag",
        open: "eroffnung eroeffnung eroffnungskurs eroeffnungskurs eroffn erster anfangskurs",
        high: "hoch hochst hoechst hochstkurs hoechstkurs tageshoch",
        low: "tief tiefst tiefstkurs tagestief",
        close: "schluss schlusskurs zuletzt",
        volume: "stuckzahl stk anzahl stuck stucke stuecke umsatzinstuck handelsvolumen volumen",
        turnover: "umsatz umsatzineur umsatzineuro",
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
        volume: "volumi quantita quantitascambiata",
        turnover: "controvalore",
    },
    // Portuguese.
    Language {
        time: "data",
        open: "abertura",
        high: "maximo maxima",
        low: "minimo minima",
        close: "fechamento fecho ultimo",
        volume: "quantidade qtd",
        turnover: "volumefinanceiro financeiro",
    },
    // Dutch.
    Language {
        time: "datum",
        open: "openingskoers",
        high: "hoog hoogste",
        low: "laag laagste",
        close: "slot slotkoers sluiting laatste",
        volume: "aantal",
        turnover: "omzet",
    },
    // Swedish.
    Language {
        time: "datum",
        open: "oppning oppningskurs oppen",
        high: "hogst hogsta",
        low: "lagst lagsta",
        close: "stangning slutkurs senast senaste",
        volume: "volym antal antalaktier",
        turnover: "omsattning",
    },
    // Danish and Norwegian.
    Language {
        time: "dato",
        open: "abning apning apningskurs aben openingspris",
        high: "hoy hoj hojest hojeste hoyest hoyeste",
        low: "lav lavest laveste",
        close: "slut slutt sluttkurs lukke siste senest seneste",
        volume: "volum totaltantallaksjeromsatt antall antallaksjer omsattantall",
        turnover: "omsetning omsætning",
    },
    // Finnish.
    Language {
        time: "paivamaara pvm",
        open: "avaus",
        high: "ylin",
        low: "alin",
        close: "paatos viimeisin",
        volume: "maara kpl vaihdettumaara",
        turnover: "vaihto",
    },
    // Polish.
    Language {
        time: "data",
        open: "otwarcie otwarcia",
        high: "najwyzszy",
        low: "najnizszy",
        close: "zamkniecie zamkniecia ostatnio",
        volume: "wolumen wol ilosc",
        turnover: "obrot",
    },
    // Czech, Croatian and Serbian.
    Language {
        time: "datum",
        open: "otevreni otvaranje prva",
        high: "nejvyssi najvisa najvisi",
        low: "nejnizsi najniza najnizi",
        close: "zavreni zaver zatvaranje zakljucna zadnja",
        volume: "objem mnozstvi kolicina objemobchodu",
        turnover: "obrat promet",
    },
    // Hungarian.
    Language {
        time: "datum",
        open: "nyito nyitoar",
        high: "legmagasabb",
        low: "legalacsonyabb",
        close: "zaro zaroar utolso",
        volume: "mennyiseg darab",
        turnover: "forgalom",
    },
    // Romanian.
    Language {
        time: "data",
        open: "deschidere",
        high: "maxim",
        low: "minim",
        close: "inchidere",
        volume: "volum",
        turnover: "valoare",
    },
    // Russian and Ukrainian.
    Language {
        time: "дата время час",
        open: "открытие открытия откр відкриття відкр",
        high: "максимум макс",
        low: "минимум мин мінімум мін",
        close: "закрытие закрытия цена закриття ціна",
        volume: "объем количество колво обсяг",
        turnover: "оборот",
    },
    // Turkish.
    Language {
        time: "tarih",
        open: "acilis",
        high: "yuksek enyuksek",
        low: "dusuk endusuk",
        close: "kapanis simdi son",
        volume: "hacim hac lot",
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
        open: "pembukaan buka",
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
        volume: "kl khốilượng klgd khốilượnggd klkhớp",
        turnover: "",
    },
    // Chinese.
    Language {
        time: "日期 时间 時間 交易日期 交易日 交易时间",
        open: "开盘 开盘价 開盤 開盤價 開市 開市價 今开",
        high: "最高 最高价 最高價 高",
        low: "最低 最低价 最低價 低",
        close: "收盘 收盘价 收盤 收盤價 收市 收市價 最新价",
        volume: "成交量 总成交量 成交手数 成交股 交易量 总手 總手 成交股数 成交股數",
        turnover: "成交额 成交額 成交金额 成交金額 金额",
    },
    // Japanese.
    Language {
        time: "日付 日付け 日時 年月日",
        open: "始値",
        high: "高値",
        low: "安値",
        close: "終値",
        volume: "出来高 売買高",
        turnover: "売買代金",
    },
    // Korean.
    Language {
        time: "날짜 일자 일시 체결시간",
        open: "시가 오픈",
        high: "고가",
        low: "저가",
        close: "종가 현재가",
        volume: "거래량",
        turnover: "거래대금",
    },
    // Thai, without marks of tones.
    Language {
        time: "วันเดือนปี วันที",
        open: "เปิด ราคาเปิด",
        high: "สูงสุด ราคาสูงสุด",
        low: "ตำสุด ราคาตำสุด",
        close: "ลาสุด ปิด ราคาปิด",
        volume: "ปริมาณ",
        turnover: "มูลคา",
    },
    // Arabic.
    Language {
        time: "التاريخ",
        open: "الافتتاح افتتاح مفتوح",
        high: "الأعلى أعلى مرتفع",
        low: "الأدنى أدنى منخفض",
        close: "الأخير الإغلاق إغلاق السعر",
        volume: "الحجم حجم",
        turnover: "",
    },
    // Persian.
    Language {
        time: "تاریخ",
        open: "باز بازگشایی اولین",
        high: "بالا بالاترین بیشترین",
        low: "پایین پایینترین کمترین",
        close: "بسته پایانی آخرین",
        volume: "حجم حجممعاملات",
        turnover: "ارزش ارزشمعاملات",
    },
    // Hebrew.
    Language {
        time: "תאריך",
        open: "פתיחה שערפתיחה",
        high: "גבוה שערגבוה",
        low: "נמוך שערנמוך",
        close: "שער נעילה שערנעילה אחרון סגירה",
        volume: "נפח מחזור",
        turnover: "",
    },
];

/// Names of a column of clock times beside one of dates.
const CLOCKS: &str = "uhrzeit zeit hora heure ora tijd tid klokkeslett godzina godz czas время saat \
                      waktu jam 时间 時間 時刻 시간 เวลา";

/// Whether a column named so, in one of the languages, may hold the clock
/// times that belong to dates.
pub(super) fn is_clock_name(name: &str) -> bool {
    has_word(CLOCKS, name)
}

/// Whether `name` is that of a time, a price or a volume in any of the
/// languages; a unit in brackets does not count.
pub(in crate::market::bars) fn is_name_in_language(name: &str) -> bool {
    let head = name.split(['(', '（', '[']).next().unwrap_or_default();
    let plain: String = plain_letters(head).chars().filter(|l| l.is_alphanumeric()).collect();
    let roles: [fn(&Language) -> &'static str; 6] =
        [|l| l.time, |l| l.open, |l| l.high, |l| l.low, |l| l.close, |l| l.volume];
    roles.into_iter().any(|role| is_any(&plain, role))
}

/// Whether `name` is one of the `names` of any language.
pub(super) fn is_any(name: &str, names: fn(&Language) -> &'static str) -> bool {
    LANGUAGES.iter().any(|language| has_word(names(language), name))
}
