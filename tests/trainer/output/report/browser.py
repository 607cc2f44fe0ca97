"""Opens the page in headless Chromium and uses it as a reader would."""
import json
import shutil
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

path = sys.argv[1]
facts = {}


def browser(width, scheme):
    options = webdriver.ChromeOptions()
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument("--" + flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Named, so that selenium looks for none on the network.
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    return driver


BLANKS = """
return [...document.querySelectorAll('[data-chart]')].map(chart => {
  const canvas = chart.querySelector('canvas'), text = chart.textContent.trim();
  if (!canvas) return [chart.dataset.chart, text ? 'says: ' + text : 'blank'];
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) colours.add((pixels[i] << 16) + (pixels[i + 1] << 8) + pixels[i + 2]);
  return [chart.dataset.chart, colours.size > 3 ? 'drawn' : 'blank'];
});"""
VIEW = "return [Number(document.body.dataset.from), Number(document.body.dataset.to)]"


def look(driver, name):
    start = time.time()
    driver.get("file://" + path)
    assert driver.execute_script("return document.body.dataset.ready") == "true"
    facts[f"seconds_{name}"] = round(time.time() - start, 2)
    complaints = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE" or "Refused" in entry["message"]]
    assert not complaints, complaints
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert all(url.startswith(("file://", "data:")) for url in asked), asked
    panels = dict(driver.execute_script(BLANKS))
    assert len(panels) >= 17, panels
    assert "blank" not in panels.values(), panels
    for panel in ("equity", "drawdown", "price", "exposure", "rolling-sharpe", "returns", "learning-reward", "learning-delta"):
        assert panels[panel] == "drawn", panels
    wide = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name}: {wide} pixels too wide"
    facts[f"panels_{name}"] = panels
    height = driver.execute_script("return document.documentElement.scrollHeight")
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": {
        "x": 0, "y": 0, "width": driver.execute_script("return innerWidth"), "height": height, "scale": 1}})
    import base64
    with open(path.replace(".html", f"_{name}.png"), "wb") as file:
        file.write(base64.b64decode(shot["data"]))


def zoom(driver):
    chart = driver.find_element(By.CSS_SELECTOR, '[data-chart="price"]')
    over = chart.find_element(By.CSS_SELECTOR, ".u-over")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    before = driver.execute_script(VIEW)
    width = over.size["width"]
    ActionChains(driver).move_to_element_with_offset(over, -width // 4, 0).click_and_hold().move_by_offset(width // 4, 5).release().perform()
    after = driver.execute_script(VIEW)
    assert after[1] - after[0] < 0.5 * (before[1] - before[0]), (before, after)
    chart.click()
    chart.send_keys(Keys.ARROW_RIGHT)
    moved = driver.execute_script(VIEW)
    assert moved[0] > after[0], (after, moved)
    chart.send_keys("0")
    whole = driver.execute_script(VIEW)
    assert whole[1] - whole[0] > 1.2 * (before[1] - before[0]), (before, whole)
    start = time.time()
    driver.execute_script("for (let i = 0; i < 20; i++) document.querySelector(`[data-view=${i % 2 ? 'out' : 'in'}]`).click()")
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    facts["seconds_a_zoom"] = round((time.time() - start) / 20, 4)
    assert facts["seconds_a_zoom"] < 0.5, facts
    log = driver.find_element(By.ID, "log")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", log)
    log.click()


def cells(driver, column):
    rows = driver.find_elements(By.CSS_SELECTOR, f".trade-table tbody td:nth-child({column})")
    return [float(row.text.replace("\u2212", "-")) for row in rows]


def sort(driver):
    heads = driver.find_elements(By.CSS_SELECTOR, ".trade-table thead button")
    net = next(i for i, head in enumerate(heads) if head.text == "Net profit")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", heads[net])
    for direction in (1, -1):
        heads[net].send_keys(Keys.ENTER)
        values = [direction * value for value in cells(driver, net + 1)]
        assert values == sorted(values), values
    state = driver.find_elements(By.CSS_SELECTOR, ".trade-table th")[net].get_attribute("aria-sort")
    assert state == "descending", state
    facts["rows"] = len(cells(driver, net + 1))


driver = browser(1280, "light")
try:
    look(driver, "light")
    zoom(driver)
    sort(driver)
    complaints = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert not complaints, complaints
finally:
    driver.quit()
driver = browser(390, "dark")
try:
    look(driver, "phone_dark")
finally:
    driver.quit()
print(json.dumps(facts))
print("good")
