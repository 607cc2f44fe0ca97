"""Writes trainer/data/closings.txt: when exchanges close though they ordinarily trade.

Run with exchange_calendars (PyPI) 4.13: python closings.py > trainer/data/closings.txt
"""
import sys
from collections import Counter, defaultdict

import exchange_calendars
import pandas as pd

MARKETS = ["XNYS", "CMES", "XLON", "XETR", "XPAR", "XAMS", "XSWX", "XMAD", "XMIL", "XSTO", "XTSE",
           "BVMF", "XTKS", "XHKG", "XSHG", "XKRX", "XASX", "XBOM", "XSES", "XTAI", "XJSE", "XMEX",
           "XOSL", "XCSE", "XHEL", "XWBO", "XWAR", "XDUB", "XIST", "XNZE", "XBKK",
           "XKLS", "XIDX"]
FIRST, LAST = "2000-01-01", "2027-12-31"
# Daily bars of New York are often longer.
FIRST_OF = {"XNYS": "1970-01-01"}
DAY = 1440

def intervals(calendar):
    """The trading minutes of each local date, as a sorted tuple of (begin, end)."""
    found = defaultdict(list)
    schedule = calendar.schedule
    columns = ["open", "break_start", "break_end", "close"]
    for row in schedule[columns].itertuples(index=False):
        first, pause, resume, last = row
        parts = [(first, last)] if pd.isna(pause) else [(first, pause), (resume, last)]
        for begin, end in parts:
            begin, end = begin.tz_convert(calendar.tz), end.tz_convert(calendar.tz)
            date = begin.date()
            start = begin.hour * 60 + begin.minute
            while date < end.date():
                found[date].append((start, DAY))
                date, start = (pd.Timestamp(date) + pd.Timedelta(days=1)).date(), 0
            if end.hour * 60 + end.minute > start:
                found[date].append((start, end.hour * 60 + end.minute))
    return {date: tuple(sorted(parts)) for date, parts in found.items()}

def less(parts, others):
    """`parts` without what is in `others`."""
    for other_begin, other_end in others:
        left = []
        for begin, end in parts:
            if begin < min(end, other_begin):
                left.append((begin, min(end, other_begin)))
            if max(begin, other_end) < end:
                left.append((max(begin, other_end), end))
        parts = left
    return list(parts)

def closings(name):
    calendar = None
    for last in (LAST, "2026-12-31", None):
        for first in (FIRST_OF.get(name, FIRST), None):
            try:
                calendar = calendar or exchange_calendars.get_calendar(name, start=first, end=last)
            except ValueError:
                pass
    known = intervals(calendar)
    dates = [day.date() for day in pd.date_range(calendar.first_session, calendar.last_session)]
    of = [known.get(date, ()) for date in dates]
    years = defaultdict(list)
    for idx, date in enumerate(dates):
        around = Counter(of[other] for other in range(idx - 84, idx + 85, 7) if 0 <= other < len(of))
        regular = around.most_common(1)[0][0]
        missing = less(regular, of[idx])
        if not missing:
            continue
        if missing == list(regular) and not of[idx]:
            years[date.year].append(f"{date:%m%d}")
            continue
        for begin, end in missing:
            begin = 0 if begin == regular[0][0] else begin
            end = DAY if end == regular[-1][1] else end
            years[date.year].append(
                f"{date:%m%d}@{begin // 60:02}{begin % 60:02}-{end // 60:02}{end % 60:02}")
    return str(calendar.tz), years

def main():
    print("# Made by tests/trainer/market/bars/closings.py of exchange_calendars "
          f"{exchange_calendars.__version__}.")
    for name in MARKETS:
        zone, years = closings(name)
        print(name, zone)
        for year, days in sorted(years.items()):
            print(year, *days)
    # Each broker keeps other hours round Christmas and New Year: that there are bars says nothing.
    print("FX America/New_York")
    for year in range(2000, 2028):
        print(year, "0101@0000-1700 0101@1700-2400 0102@0000-1200 1224@1200-2400",
              "1225@0000-1700 1225@1700-2400 1226@0000-1200 1231@1200-2400")

main()
