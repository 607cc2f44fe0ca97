// The table of trades: sorted by any column, a page at a time.
const ROWS = 25;
const money = value => value == null ? "–" : fixed(value, 2);
const columns = [
  ["No.", (book, i) => book.ids[i], String],
  ["Symbol", (book, i) => book.symbols[i], (value, book) => book.symbol_names[value] ?? "–"],
  ["Side", (book, i) => book.flags[i] & 1, value => value ? "short" : "long"],
  ["Entry (UTC)", (book, i) => book.entries[i], timeText],
  ["Exit (UTC)", (book, i) => book.exits[i], timeText],
  ["Bars", (book, i) => book.bars[i], String],
  ["Units at exit", (book, i) => book.units[i] * book.share, value => digits(value, 5)],
  ["Entry price", (book, i) => book.entry_price[i], value => digits(value, 7)],
  ["Exit price", (book, i) => book.price[i], value => digits(value, 7)],
  ["Costs", (book, i) => book.costs[i] * book.share, money],
  ["Net profit", (book, i) => book.net_pnl[i] * book.share, money],
  ["Net return", (book, i) => book.net_return[i], value => percents(value)],
  ["Ended by", (book, i) => book.flags[i] >> 1, value => ["target", "liquidation", "end of data"][value]],
];

function tradeTable(element, session) {
  const hasSymbols = [session.trades.test, session.trades.train].some(book => book.symbol_names.length);
  const used = columns.filter(([name]) => hasSymbols || name !== "Symbol");
  let phase = "test", sorted = 0, direction = 1, page = 0, order = [];
  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
  const told = make("p", ""), table = make("table", ""), head = make("thead", ""), body = make("tbody", "");
  const scroll = make("div", "", { className: "scroll", tabIndex: 0 }), pages = make("div", "", { className: "pages" });
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Trades");
  const where = make("span", "");
  const choice = make("select", "");
  choice.setAttribute("aria-label", "Which trades");
  choice.append(make("option", "out of sample", { value: "test" }), make("option", "in sample, last episode", { value: "train" }));
  choice.addEventListener("change", () => { phase = choice.value; page = 0; sort(); });
  const turn = step => make("button", step < 0 ? "Earlier page" : "Next page", { type: "button", onclick: () => { page += step; fill(); } });
  const [back, on] = [turn(-1), turn(1)];
  pages.append(choice, back, where, on);
  const row = make("tr", "");
  used.forEach(([name], at) => {
    const cell = make("th", "", { scope: "col" });
    cell.append(make("button", name, { type: "button", onclick: () => {
      direction = sorted === at ? -direction : 1;
      sorted = at; page = 0; sort();
    } }));
    row.append(cell);
  });
  head.append(row);
  table.append(head, body);
  scroll.append(table);
  element.replaceChildren(told, pages, scroll);

  function sort() {
    const book = session.trades[phase], value = used[sorted][1];
    order = book.ids.map((_, i) => i).sort((a, b) => direction * (value(book, a) - value(book, b)) || a - b);
    [...row.children].forEach((cell, at) => cell.setAttribute("aria-sort", at !== sorted ? "none" : direction > 0 ? "ascending" : "descending"));
    told.textContent = book.every === 1 ? `${book.n} ${book.n === 1 ? "trade" : "trades"}.`
      : `${book.n_listed} of ${book.n} trades are listed and drawn: one in ${book.every}, the best and the worst, and liquidations. Every one is counted in all figures.`;
    if (session.is_portfolio) told.textContent += ` Units and money are the portfolio's, of which each symbol's account is ${percents(session.account_share)}; a return is that of its account.`;
    fill();
  }
  function fill() {
    const book = session.trades[phase], n = Math.max(Math.ceil(order.length / ROWS), 1);
    page = Math.min(Math.max(page, 0), n - 1);
    body.replaceChildren(...order.slice(page * ROWS, (page + 1) * ROWS).map(i => {
      const line = make("tr", "", { className: book.flags[i] & 2 ? "liquidated" : "" });
      line.append(...used.map(([, value, text]) => make("td", text(value(book, i), book))));
      return line;
    }));
    where.textContent = `page ${page + 1} of ${n}`;
    back.disabled = page === 0;
    on.disabled = page === n - 1;
  }
  sort();
}

for (const element of document.querySelectorAll(".trade-table")) {
  const session = sessions[element.dataset.session];
  if (session.trades.test) tradeTable(element, session);
  else element.firstElementChild.textContent = "There is no trace of trades.";
}

for (const id of charts.keys()) draw(id);
tellView();
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => move(button.dataset.view));
document.getElementById("log").addEventListener("change", event => { isLog = event.target.checked; draw("equity"); });
const chooser = document.getElementById("session");
if (chooser) chooser.addEventListener("change", () => {
  chosen = Number(chooser.value);
  for (const id of ["price", "volume", "pnl", "returns", "month-returns", "normal"]) draw(id);
});
let waiting = 0;
new ResizeObserver(() => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => charts.forEach(fit));
}).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const id of charts.keys()) draw(id); });
document.body.dataset.ready = "true";
