//! What vendors, exchanges and people of other languages call columns.

use super::Remedy::Flags;
use super::{DAYS, Kind, PRICES};

/// Returns a file with these names. Each letter of `cells` is a cell:
/// `t` the time, `o`, `h`, `l`, `c`, `v` of the bar, `m` the volume in
/// money, `x` a text, `0` another number.
fn table(names: &str, cells: &str) -> String {
    let mut text = format!("{names}\n");
    for (day, prices) in DAYS.iter().zip(PRICES) {
        let numbers: Vec<&str> = prices.split(',').collect();
        let at = |idx: usize| numbers[idx].parse::<f64>().unwrap();
        let cell = |letter: char| match letter {
            't' => (*day).to_owned(),
            'm' => (f64::midpoint(at(1), at(2)) * at(4)).to_string(),
            'x' => "x".to_owned(),
            '0' => "0".to_owned(),
            letter => numbers["ohlcv".find(letter).unwrap()].to_owned(),
        };
        let row: Vec<String> = cells.chars().map(cell).collect();
        text += &(row.join(",") + "\n");
    }
    text
}

pub(super) fn kinds() -> Vec<Kind> {
    let read =
        |(name, names, cells): &(&'static str, &str, &str)| Kind::new(name, table(names, cells));
    let crsp = table("date,BIDLO,ASKHI,PRC,VOL,OPENPRC", "tlhcvo").replace(",103,700", ",-103,700");
    let mean = Kind::new("the mean of bid and ask by CRSP", crsp)
        .without(3)
        .refused("has another sign than the rest of the bar", Flags("--bad-rows drop"));
    [VENDORS, LANGUAGES, VOLUMES].concat().iter().map(read).chain([mean]).collect()
}

const VENDORS: &[(&str, &str, &str)] = &[
    (
        "NSE, history",
        "CH_SYMBOL,CH_TRADE_HIGH_PRICE,CH_TRADE_LOW_PRICE,CH_OPENING_PRICE,CH_CLOSING_PRICE,\
         CH_TOT_TRADED_QTY,CH_52WEEK_HIGH_PRICE,CH_52WEEK_LOW_PRICE,CH_TIMESTAMP",
        "xhlocv00t",
    ),
    ("FXCM, its volume", "date,open,close,high,low,tickqty", "tochlv"),
    (
        "NSE, indices",
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index \
         Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.)",
        "xtohlc00vm",
    ),
    ("pandas without names", "0,1,2,3,4,5", "tohlcv"),
    (
        "Tardis",
        "type,symbol,timestamp,open,high,low,close,volume,openTimestamp,closeTimestamp",
        "xx0ohlcvt0",
    ),
    ("dYdX", "startedAt,updatedAt,low,high,open,close,baseTokenVolume", "t0lhocv"),
    (
        "what Yahoo's pages explain",
        "Date,Open,High,Low,Close Close price adjusted for splits.,Adj Close Adjusted close price \
         adjusted for splits and dividend and/or capital gain distributions.,Volume",
        "tohlccv",
    ),
    ("Dhaka", "DATE,TRADING CODE,LTP*,HIGH,LOW,OPENP*,CLOSEP*,YCP,TRADE,VOLUME", "tx0hloc00v"),
    (
        "CRSP",
        "date,PERMNO,TICKER,BIDLO,ASKHI,PRC,VOL,RET,OPENPRC,SHROUT,CFACPR,CFACSHR",
        "t0xlhcv0o000",
    ),
    ("CRSP, new", "PERMNO,DlyCalDt,DlyOpen,DlyHigh,DlyLow,DlyClose,DlyPrc,DlyVol", "0tohlccv"),
    ("Compustat", "gvkey,iid,datadate,tic,prcod,prchd,prcld,prccd,cshtrd,ajexdi", "00txohlcv0"),
    ("Refinitiv", "Date,TRDPRC_1,HIGH_1,LOW_1,OPEN_PRC,ACVOL_UNS", "tchlov"),
    ("Bloomberg", "Date,PX_LAST,PX_OPEN,PX_HIGH,PX_LOW,PX_VOLUME", "tcohlv"),
    (
        "NSE, new bhavcopy",
        "TradDt,BizDt,TckrSymb,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,SttlmPric,\
         TtlTradgVol,TtlTrfVal",
        "ttxohlcc0cvm",
    ),
    (
        "BSE",
        "Date,Open Price,High Price,Low Price,Close Price,WAP,No.of Shares,No. of Trades,Total \
         Turnover (Rs.),Spread High-Low,Spread Close-Open",
        "tohlcov0m00",
    ),
    ("B3", "DATA_PREGAO,PREABE,PREMAX,PREMIN,PREMED,PREULT,TOTNEG,QUATOT,VOLTOT", "tohloc0vm"),
    (
        "AlgoSeek",
        "Date,Ticker,FirstTradePrice,HighTradePrice,LowTradePrice,LastTradePrice,\
         VolumeWeightPrice,Volume",
        "txohlcov",
    ),
    ("CoinDesk", "Date,Price (USD),24h Open (USD),24h High (USD),24h Low (USD),Volume", "tcohlv"),
    ("first, max, min, last", "date,first,max,min,last,volume", "tohlcv"),
    ("Op, Hi, Lo, Cl", "Date,Op,Hi,Lo,Cl,Vol", "tohlcv"),
    ("adjusted alone", "Date,Adj Open,Adj High,Adj Low,Adj Close,Adj Volume", "tohlcv"),
    ("a count of shares", "Date,Open,High,Low,Close,No. of Trades,Shares Traded", "tohlc0v"),
    ("a size of a quote", "Date,Open,High,Low,Close,bid_size,ask_size,Volume", "tohlc00v"),
];

const LANGUAGES: &[(&str, &str, &str)] = &[
    ("Investing.com, Dutch", "Datum,Laatste,Open,Hoog,Laag,Vol.,Verschil %", "tcohlv0"),
    ("Investing.com, Swedish", "Datum,Senaste,Öppen,Högst,Lägst,Vol.,+/- %", "tcohlv0"),
    ("Investing.com, Danish", "Dato,Seneste,Åben,Høj,Lav,Vol.,Ændring %", "tcohlv0"),
    ("Investing.com, Polish", "Data,Ostatnio,Otwarcie,Max.,Min.,Wol.,Zmiana%", "tcohlv0"),
    ("Investing.com, Chinese", "日期,收盘,开盘,高,低,交易量,涨跌幅", "tcohlv0"),
    ("Investing.com, Hong Kong", "日期,收市,開市,高,低,成交量,升跌（%）", "tcohlv0"),
    ("Investing.com, Korean", "날짜,종가,오픈,고가,저가,거래량,변동 %", "tcohlv0"),
    ("Investing.com, Thai", "วันเดือนปี,ล่าสุด,ราคาเปิด,สูงสุด,ต่ำสุด,ปริมาณ,% เปลี่ยน", "tcohlv0"),
    ("Investing.com, Arabic", "التاريخ,الأخير,الافتتاح,الأعلى,الأدنى,الحجم,التغير %", "tcohlv0"),
    ("Persian", "تاریخ,باز,بالا,پایین,پایانی,حجم", "tohlcv"),
    ("Hebrew", "תאריך,שער פתיחה,שער גבוה,שער נמוך,שער נעילה,מחזור", "tohlcv"),
    (
        "units in brackets",
        "證券代碼,年月日,開盤價(元),最高價(元),最低價(元),收盤價(元),成交量(千股)",
        "xtohlcv",
    ),
    ("German", "Datum,Anfangskurs,Höchstkurs,Tiefstkurs,Schlusskurs,Stücke,Umsatz", "tohlcvm"),
    (
        "French",
        "Jour,Cours d'ouverture,Cours le plus haut,Cours le plus bas,Cours de clôture,Volume",
        "tohlcv",
    ),
    ("Spanish", "Fecha,Apertura,Alto,Bajo,Cierre,Títulos,Efectivo", "tohlcvm"),
    (
        "Italian",
        "Data,Prezzo di apertura,Prezzo massimo,Prezzo minimo,Prezzo di chiusura,Quantità",
        "tohlcv",
    ),
    ("Portuguese", "Data,Último,Abertura,Máxima,Mínima,Vol.,Var%", "tcohlv0"),
    ("Portuguese of Portugal", "Data,Abertura,Máximo,Mínimo,Fecho,Quantidade", "tohlcv"),
    ("Dutch", "Datum,Opening,Hoogste,Laagste,Slotkoers,Volume", "tohlcv"),
    ("Swedish", "Datum,Öppning,Högst,Lägst,Stängning,Volym", "tohlcv"),
    ("Norwegian", "Dato,Åpning,Høy,Lav,Slutt,Volum", "tohlcv"),
    ("Finnish", "Päivämäärä,Avaus,Ylin,Alin,Päätös,Volume", "tohlcv"),
    ("Polish", "Data,Kurs otwarcia,Kurs max,Kurs min,Kurs zamknięcia,Wolumen,Obrót", "tohlcvm"),
    ("Czech", "Datum,Otevření,Maximum,Minimum,Zavření,Objem", "tohlcv"),
    ("Hungarian", "Dátum,Nyitó,Maximum,Minimum,Záró,Volume", "tohlcv"),
    ("Russian", "Дата,Цена открытия,Максимум,Минимум,Цена закрытия,Объём", "tohlcv"),
    ("Turkish", "TARİH,AÇILIŞ,YÜKSEK,DÜŞÜK,KAPANIŞ,HACİM", "tohlcv"),
    ("Greek", "Ημερομηνία,Άνοιγμα,Υψηλό,Χαμηλό,Κλείσιμο,Όγκος", "tohlcv"),
    ("Indonesian", "Tanggal,Terakhir,Pembukaan,Tertinggi,Terendah,Vol.", "tcohlv"),
    ("Vietnamese", "Ngày,Lần cuối,Mở,Cao,Thấp,KL", "tcohlv"),
    ("Chinese of Taiwan", "日期,成交股數,成交金額,開盤價,最高價,最低價,收盤價", "tvmohlc"),
    ("Japanese", "日付,始値,高値,安値,終値,出来高", "tohlcv"),
    ("Korean", "일자,종가,대비,시가,고가,저가,거래량,거래대금", "tc0ohlvm"),
];

/// Of two volumes, that in money is known by their ratio, a price.
const VOLUMES: &[(&str, &str, &str)] = &[
    ("Borsa Istanbul", "Tarih,Açılış,En Yüksek,En Düşük,Kapanış,Hacim(Lot),AOF", "tohlcv0"),
    ("Kabutan", "日付,始値,高値,安値,終値,前日比,売買高(株)", "tohlc0v"),
    (
        "Frankfurt",
        "Datum,Eröffnungskurs,Schlusskurs,Tageshoch,Tagestief,Umsatz in Stück,Umsatz in Euro",
        "tochlvm",
    ),
    ("Huobi", "id,open,close,low,high,amount,vol,count", "toclhvm0"),
    ("Poloniex", "date,high,low,open,close,volume,quoteVolume", "thlocmv"),
    ("Gate", "timestamp,volume,close,high,low,open,amount", "tmchlov"),
    ("BitMEX", "timestamp,open,high,low,close,volume,homeNotional,foreignNotional", "tohlcmvm"),
    (
        "Volume and Quantidade",
        "Data,Abertura,Máximo,Mínimo,Fechamento,Volume,Quantidade",
        "tohlcmv",
    ),
    ("currency and units", "time,open,high,low,close,Volume_(Currency),Volume_(BTC)", "tohlcmv"),
];
