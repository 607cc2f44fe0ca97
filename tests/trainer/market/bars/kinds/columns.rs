//! What columns are called, and which is taken for what.

use super::Remedy::{Command, Edit, Flags};
use super::{DAYS, Kind, NAMES, days, table};

/// Rows whose columns are in another order.
fn ordered(names: &str, row: fn([&str; 5]) -> String) -> String {
    let rows = DAYS.iter().zip(super::PRICES).map(|(day, prices)| {
        let cells: Vec<&str> = prices.split(',').collect();
        format!("{day},{}\n", row(cells.try_into().unwrap()))
    });
    format!("{names}\n{}", rows.collect::<String>())
}

pub(super) fn kinds() -> Vec<Kind> {
    [
        names(),
        prices_beside(),
        volumes(),
        volume_names(),
        meanings(),
        headless(),
        scaled(),
        services(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names() -> Vec<Kind> {
    let below = |names: &str| days().replace(NAMES, names);
    vec![
        Kind::new("Close/Last", below("Date,Open,High,Low,Close/Last,Volume")),
        Kind::new("Last", below("Date,Open,High,Low,Last,Volume")),
        Kind::new("Price", below("Date,Open,High,Low,Price,Vol.")),
        Kind::new("Open Price", below("Date,Open Price,High Price,Low Price,Close Price,Volume")),
        Kind::new("o, h, l, c, v", below("t,o,h,l,c,v")),
        Kind::new("ts_event", below("ts_event,open,high,low,close,volume")),
        Kind::new("a suffix", below("Date,Open_AAPL,High_AAPL,Low_AAPL,Close_AAPL,Volume_AAPL")),
        Kind::new("a prefix", below("\"\",AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume")),
        Kind::new(
            "tuples",
            below(
                "Date,\"('Open', 'A')\",\"('High', 'A')\",\"('Low', 'A')\",\"('Close', 'A')\",\"('Volume', 'A')\"",
            ),
        ),
        Kind::new(
            "currencies in brackets",
            below(
                "Data,Abertura (R$),M\u{e1}ximo (R$),M\u{ed}nimo (R$),Fechamento (R$),Quantidade",
            ),
        ),
        Kind::new("names in Romanian", below("Data,Deschidere,Maxim,Minim,\u{ce}nchidere,Volum")),
        Kind::new(
            "types below",
            below(&format!("{NAMES}\n,float64,float64,float64,float64,int64")),
        ),
        Kind::new("Finam and Stooq", below("<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>")),
        Kind::new("names in Chinese", {
            below(
                "\u{65e5}\u{671f},\u{5f00}\u{76d8},\u{6700}\u{9ad8},\u{6700}\u{4f4e},\u{6536}\u{76d8},\u{6210}\u{4ea4}\u{91cf}",
            )
        }),
        Kind::new("three lines of names", {
            let head = "Price,Close,High,Low,Open,Volume\nTicker,A,A,A,A,A\nDate,,,,,";
            ordered(head, |[o, h, l, c, v]| format!("{c},{h},{l},{o},{v}"))
        }),
        Kind::new(
            "a ticker that is a price",
            below("Date,LOW.Open,LOW.High,LOW.Low,LOW.Close,LOW.Volume"),
        ),
        Kind::new("a ticker that is a currency", {
            below("Date,Open_TRY,High_TRY,Low_TRY,Close_TRY,Volume_TRY")
        }),
        Kind::new("a ticker that is a side", {
            below("Date,Open_BID,High_BID,Low_BID,Close_BID,Volume_BID")
        }),
        Kind::new(
            "a ticker that is a price, in tuples",
            below(
                "Date,\"('Open', 'H')\",\"('High', 'H')\",\"('Low', 'H')\",\"('Close', 'H')\",\"('Volume', 'H')\"",
            ),
        ),
        Kind::new("a name that is not known", below("Date,Open,High,Low,Fix,Volume"))
            .refused("has no column `close`", Flags("--column close=Fix")),
        Kind::new(
            "logarithms of prices alone",
            below("Date,log_open,log_high,log_low,log_close,Volume"),
        )
        .refused("has no column `open`", Edit(|text| text.replace("log_", ""))),
        Kind::new("two of one name", {
            ordered("Date,Open,High,Low,Close,Close,Volume", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},{c},{v}")
            })
        })
        .refused("has 2 columns for `close`", Flags("--column close=Close")),
    ]
}

fn prices_beside() -> Vec<Kind> {
    let below = |names: &str| days().replace(NAMES, names);
    vec![
        Kind::new("without names: the close before the open", {
            ordered("", |[o, h, l, c, v]| format!("{c},{o},{h},{l},{v}")).trim_start().to_owned()
        })
        .refused(
            "`date,close,open,high,low,volume`; which of `open` and `close` comes first is a guess",
            Edit(|text| format!("date,close,open,high,low,volume\n{text}")),
        ),
        Kind::new("prices beside others", {
            ordered(
                "Date,Open,High,Low,Close,Volume,bid_open,bid_high,bid_low,bid_close",
                |cells| format!("{},1,2,1,2", cells.join(",")),
            )
        })
        .warns("there are also prices of `bid`"),
        Kind::new("bid and ask", {
            let names =
                "Date,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close";
            ordered(names, |[o, h, l, c, _]| format!("{o},{h},{l},{c},1,2,1,2"))
        })
        .without_volume()
        .refused("has 2 kinds of prices side by side", Flags("--symbol bid")),
        Kind::new("prices in two currencies", {
            let names = "Date,open (CNY),high (CNY),low (CNY),close (CNY),open (USD),high (USD),low \
                         (USD),close (USD)";
            ordered(names, |[o, h, l, c, _]| format!("7,8,6,7,{o},{h},{l},{c}"))
        })
        .without_volume()
        .refused("has 2 kinds of prices side by side", Flags("--symbol usd")),
        Kind::new("hours of the ends", {
            let hours = [1, 2, 3, 4, 5, 6].map(|hour| format!("2020-01-06,0{hour}:00"));
            table("Date,HE,Open,High,Low,Close,Volume", &hours)
        })
        .hours(0)
        .warns("is the time at which a bar ends"),
        Kind::new("times of the ends", below("end_time,open,high,low,close,volume"))
            .warns("is the time at which a bar ends"),
        Kind::new("the times of the beginnings beside the ends", {
            let ends = [
                "2020-01-07",
                "2020-01-08",
                "2020-01-09",
                "2020-01-10",
                "2020-01-11",
                "2020-01-14",
            ];
            let times = [0, 1, 2, 3, 4, 5].map(|row| format!("{},{}", ends[row], DAYS[row]));
            table("timestamp,candle_begin_time,open,high,low,close,volume", &times)
        }),
        Kind::new("an expiry before the date", {
            ordered("Date,Expiry,Open,High,Low,Close,Volume", |cells| {
                format!("2020-03-20,{}", cells.join(","))
            })
        }),
        Kind::new(
            "an escape sequence in a name",
            below("Date,Open,High,Low,Clo\u{1b}[31mse,Volume"),
        )
        .refused("`Clo\\u{1b}[31mse`", Edit(|text| text.replace("Clo\u{1b}[31mse", "Close"))),
        Kind::new("an adjusted close", {
            ordered("Date,Open,High,Low,Close,Adj Close,Volume", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},50,{v}")
            })
        }),
    ]
}

fn volumes() -> Vec<Kind> {
    vec![
        Kind::new("volumefrom and volumeto", {
            ordered("time,high,low,open,volumefrom,volumeto,close", |[o, h, l, c, v]| {
                format!("{h},{l},{o},{v},9,{c}")
            })
        }),
        Kind::new("MetaTrader 5", {
            ordered("<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>,<SPREAD>", |cells| {
                format!("{},0,3", cells.join(","))
            })
        }),
        Kind::new("MetaTrader 5 by Python", {
            ordered("time,open,high,low,close,tick_volume,spread,real_volume", |cells| {
                format!("{},3,0", cells.join(","))
            })
        }),
        Kind::new("base and quote", {
            ordered("date,open,high,low,close,quoteVolume,baseVolume", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},9,{v}")
            })
        }),
        Kind::new("in two currencies", {
            ordered("date,open,high,low,close,Volume USDT,Volume BTC", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},9,{v}")
            })
        }),
        Kind::new("an amount alone", days().replace("Volume", "Amount"))
            .without_volume()
            .warns("no column is the volume"),
        Kind::new("parts of the volume alone", {
            ordered("Date,Open,High,Low,Close,buy_volume,sell_volume", |cells| {
                format!("{},9", cells.join(","))
            })
        })
        .without_volume()
        .warns("there is `buy_volume`, `sell_volume`, used by"),
        Kind::new(
            "not known, by Interactive Brokers",
            ordered(NAMES, |[o, h, l, c, _]| format!("{o},{h},{l},{c},-1.0")),
        )
        .without_volume(),
        Kind::new(
            "none",
            ordered("Date,Open,High,Low,Close", |[o, h, l, c, _]| format!("{o},{h},{l},{c}")),
        )
        .without_volume(),
        Kind::new(
            "not known in a row",
            days().replace(",500\n", ",NaN\n").replace(",600\n", ",\n"),
        )
        .bar(0, "2020-01-06 00:00:00  100 101.5 99.5 101  0")
        .bar(1, "2020-01-07 00:00:00  101 102 100 100.5  0"),
        Kind::new(
            "one number throughout",
            ordered(NAMES, |[o, h, l, c, _]| format!("{o},{h},{l},{c},0")),
        )
        .without_volume()
        .warns("is 0 in every bar"),
    ]
}

fn volume_names() -> Vec<Kind> {
    vec![
        Kind::new("in one word", days().replace("Volume", "totalvol")),
        Kind::new("a number of shares", days().replace("Volume", "nb_shares")),
        Kind::new("a traded quantity", days().replace("Volume", "nmTotalTradedQty")),
        Kind::new("ticks", days().replace("Volume", "Ticks")),
        Kind::new("ticks of a clock", {
            let ticks = |day: &str| format!("{day},6371343360{}000000", &day[8..]);
            table("Date,Ticks,Open,High,Low,Close,Spread", &DAYS.map(ticks))
        })
        .without_volume(),
        Kind::new("a most volume beside `Vol`", {
            ordered("Date,Open,High,Low,Close,Max Volume,Vol", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},9000,{v}")
            })
        }),
        Kind::new("that of options", days().replace("Volume", "Options Volume"))
            .without_volume()
            .warns("no column is the volume"),
        Kind::new("a mean of volumes", days().replace("Volume", "Volume SMA 20")).without_volume(),
        Kind::new("a pair in all names", {
            days().replace(
                NAMES,
                "Date,Open_BTC-USD,High_BTC-USD,Low_BTC-USD,Close_BTC-USD,Volume_BTC-USD",
            )
        }),
        Kind::new("the open interest", days().replace("Volume", "OPEN_INT")).without_volume(),
        Kind::new("an unknown name", days().replace("Volume", "Lotti"))
            .without_volume()
            .warns("if `Lotti` is one, use it by"),
        Kind::new("money by its name", days().replace("Volume", "volumeUsd"))
            .warns("is a value in money by its name"),
        Kind::new("a market capitalization beside it", {
            ordered("Date,Open,High,Low,Close,Volume,Market Cap", |cells| {
                format!("{},9", cells.join(","))
            })
        })
        .warns("may be a value in money"),
        Kind::new("the market capitalization of a share beside it", {
            ordered("Date,Open,High,Low,Close,Volume,Market Cap", |cells| {
                format!("{},50000000", cells.join(","))
            })
        }),
        Kind::new("a moving average", days().replace("Volume", "Vol 20d")).without_volume(),
        Kind::new("a mean in one word", days().replace("Volume", "VOL_MA5")).without_volume(),
        Kind::new("a part that was sold short", days().replace("Volume", "Short Volume"))
            .without_volume()
            .warns("there is `Short Volume`, used by"),
        Kind::new("the size of a trade", days().replace("Volume", "Trade Size"))
            .without_volume()
            .warns("if `Trade Size` is one, use it by"),
        Kind::new("all shares of a company", days().replace("Volume", "Total Shares"))
            .without_volume()
            .warns("if `Total Shares` is one, use it by"),
        Kind::new("a number before each name", {
            days().replace(NAMES, "Date,1. open,2. high,3. low,4. close,5. volume")
        }),
        Kind::new("thousands", days().replace("Volume", "'000 Shares")),
        Kind::new("lakhs", days().replace("Volume", "Volume in lakhs")),
        Kind::new("a volume of five minutes", days().replace("Volume", "5 min volume")),
    ]
}

fn meanings() -> Vec<Kind> {
    vec![
        Kind::new("without names: an adjusted close before the volume", {
            ordered("", |[o, h, l, c, v]| {
                format!("{o},{h},{l},{c},{:.2},{v}", 0.9 * c.parse::<f64>().unwrap())
            })
            .trim_start()
            .to_owned()
        })
        .refused(
            "`date,open,high,low,close,adj_close,volume`",
            Edit(|text| format!("date,open,high,low,close,adj_close,volume\n{text}")),
        ),
        Kind::new("a word that is not known", days().replace("Volume", "Volume Quux"))
            .warns("the volume `Volume Quux` is a guess"),
        Kind::new("the least volume", days().replace("Volume", "Min Volume")).warns("is a guess"),
        Kind::new("the volume of three months", days().replace("Volume", "3M Volume"))
            .warns("is a guess"),
        Kind::new("an index of volumes", days().replace("Volume", "Volume RSI")).without_volume(),
        Kind::new("a word that ends like a currency", days().replace("Volume", "Industry Volume"))
            .warns("is a guess"),
        Kind::new("a quantity in French", days().replace("Volume", "Nombre de titres")),
        Kind::new("a ticker", days().replace("Volume", "AAPL Volume")),
        Kind::new("a coin in small letters", days().replace("Volume", "volume_btc")),
        Kind::new("a guess before a name in Chinese", {
            ordered(
                "Date,Open,High,Low,Close,Volume Quux,\u{6210}\u{4ea4}\u{91cf}",
                |[o, h, l, c, v]| format!("{o},{h},{l},{c},9,{v}"),
            )
        }),
        Kind::new("a turnover in pieces", days().replace("Volume", "Umsatz (St\u{fc}ck)")),
        Kind::new("prices of the day before", {
            ordered(
                "Date,Open,High,Low,Close,Volume,prev_open,prev_high,prev_low,prev_close",
                |cells| format!("{},1,2,1,2", cells.join(",")),
            )
        }),
    ]
}

fn headless() -> Vec<Kind> {
    vec![
        Kind::new("without names: Kraken", {
            table("", &[0, 1, 2, 3, 4, 7].map(|day| (1_578_268_800 + 86_400 * day).to_string()))
                .replace('\n', ",7\n")
        }),
        Kind::new(
            "without names: MetaTrader 4",
            table("", &DAYS.map(|day| format!("{},00:00", day.replace('-', ".")))),
        ),
        Kind::new("without names: HistData", {
            table("", &[30, 31, 32, 33, 34, 35].map(|m| format!("20200106 09{m}00")))
                .replace(',', ";")
        })
        .minutes(),
        Kind::new("without names: no volume", {
            ordered("", |[o, h, l, c, _]| format!("{o},{h},{l},{c}")).trim_start().to_owned()
        })
        .without_volume(),
        Kind::new("without names: a symbol before", table("", &DAYS.map(|day| format!("A,{day}")))),
        Kind::new("without names: ASCII of MetaStock", {
            table("", &DAYS.map(|day| format!("AAPL,D,{},000000", day.replace('-', ""))))
        }),
        Kind::new(
            "without names: a number of the share",
            table("", &DAYS.map(|day| format!("000001,{}", day.replace('-', "")))),
        ),
        Kind::new(
            "without names: row numbers",
            table("", &[0, 1, 2, 3, 4, 5].map(|row| format!("{row},{}", DAYS[row]))),
        ),
        Kind::new(
            "without names: clocks without zeros",
            table("", &[30, 31, 32, 33, 34, 35].map(|m| format!("20200106,9{m}"))),
        )
        .minutes(),
        Kind::new(
            "names that count the columns, as pandas writes them",
            table(",0,1,2,3,4,5", &[0, 1, 2, 3, 4, 5].map(|row| format!("{row},{}", DAYS[row]))),
        ),
        Kind::new("bid and ask in one word", {
            let names = "date,bidopen,bidclose,bidhigh,bidlow,askopen,askclose,askhigh,asklow";
            ordered(names, |[o, h, l, c, _]| format!("{o},{c},{h},{l},1,1,2,1"))
        })
        .without_volume()
        .refused("has 2 kinds of prices side by side", Flags("--symbol bid")),
        Kind::new("without names: in another order", {
            ordered("", |[o, h, l, c, v]| format!("{o},{l},{h},{c},{v}")).trim_start().to_owned()
        })
        .refused(
            "its columns are ambiguous",
            Edit(|text| format!("date,open,low,high,close,volume\n{text}")),
        ),
        Kind::new("klines of Binance", {
            table(
                "",
                &[0, 1, 2, 3, 4, 7]
                    .map(|day| (1_578_268_800_000_u64 + 86_400_000 * day).to_string()),
            )
            .lines()
            .map(|row| {
                let open: u64 = row.split(',').next().unwrap().parse().unwrap();
                format!("{row},{},50500,30,250,25250,0\n", open + 86_399_999)
            })
            .collect::<String>()
        }),
    ]
}

fn scaled() -> Vec<Kind> {
    vec![
        Kind::new("LEAN, days", {
            ordered("", |[o, h, l, c, v]| {
                let scaled = [o, h, l, c]
                    .map(|price| (price.parse::<f64>().unwrap() * 10_000.0).to_string());
                format!("{},{v}", scaled.join(","))
            })
            .trim_start()
            .lines()
            .map(|row| format!("{} 00:00{}\n", row[..10].replace('-', ""), &row[10..]))
            .collect::<String>()
        })
        .refused("has the layout of LEAN (QuantConnect): share prices", Command("bars.csv")),
        Kind::new("LEAN, minutes", {
            table("", &[30, 31, 32, 33, 34, 35].map(|m| ((540 + m) * 60_000).to_string()))
                .lines()
                .map(|row| {
                    let cells: Vec<&str> = row.split(',').collect();
                    let scaled: Vec<String> = cells[1..5]
                        .iter()
                        .map(|price| (price.parse::<f64>().unwrap() * 10_000.0).to_string())
                        .collect();
                    format!("{},{},{}\n", cells[0], scaled.join(","), cells[5])
                })
                .collect::<String>()
        })
        .file("20200106_trade.csv")
        .minutes()
        .refused("milliseconds of the day in its name", Command("bars.csv")),
        Kind::new("Databento with prices in 1e-9", {
            ordered("ts_event,rtype,publisher_id,open,high,low,close,volume", |[o, h, l, c, v]| {
                let scaled =
                    [o, h, l, c].map(|price| (price.parse::<f64>().unwrap() * 1e9).to_string());
                format!("35,1,{},{v}", scaled.join(","))
            })
        })
        .refused("multiples of 1e-9", Command("bars.csv")),
    ]
}

fn services() -> Vec<Kind> {
    vec![
        Kind::new("Investing.com", {
            ordered("Date,Price,Open,High,Low,Vol.,Change %", |[o, h, l, c, v]| {
                format!("{c},{o},{h},{l},{}K,0.5%", v.parse::<f64>().unwrap() / 1000.0)
            })
        }),
        Kind::new("Nasdaq", {
            ordered("Date,Close/Last,Volume,Open,High,Low", |[o, h, l, c, v]| {
                format!("${c},{v},${o},${h},${l}")
            })
        }),
        Kind::new("CryptoDataDownload", {
            let names = "Unix,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT";
            let text = ordered(names, |cells| format!("BTC/USDT,{},9", cells.join(",")));
            format!("https://www.CryptoDataDownload.com\n{text}")
        }),
        Kind::new("TradeStation", {
            ordered("Date,Open,High,Low,Close,Up,Down", |[o, h, l, c, _]| {
                format!("{o},{h},{l},{c},3,4")
            })
        })
        .without_volume(),
        Kind::new("Sierra Chart", {
            ordered("Date, Open, High, Low, Last, Volume, NumberOfTrades", |cells| {
                format!(" {},3", cells.join(", "))
            })
        }),
        Kind::new("Quandl", {
            ordered(
                "Date,Open,High,Low,Last,Settle,Volume,Prev. Day Open Interest",
                |[o, h, l, c, v]| format!("{o},{h},{l},{c},{c},{v},9"),
            )
        }),
        Kind::new("TradingView", {
            ordered("time,open,high,low,close,Volume,Volume MA", |cells| {
                format!("{},NaN", cells.join(","))
            })
        }),
    ]
}
