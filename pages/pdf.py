"""Print the book to one file, _build/minidl.pdf, from the pages in _build/offline.

All pages become one document: a title page, a table of contents with page numbers, the
chapters, the appendix.  What the pages keep closed stays closed on paper: hints and solutions
stand at the end, by exercise; the code behind a picture is left out.
"""

import re
import sys
from pathlib import Path

import yaml
from browser import ROOT, chromium, launch
from bs4 import BeautifulSoup
from offline import OFFLINE
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

PDF = ROOT / "_build" / "minidl.pdf"
STYLE = Path(__file__).parent / "pdf.css"
CLOSED = ".solution.dropdown, .admonition.dropdown"


def read(docname):
    """Return a page's text, its addresses made unique by the page's name."""
    page = BeautifulSoup((OFFLINE / f"{docname}.html").read_text(), "html.parser")
    article = page.select_one("article.bd-article")
    name = Path(docname).name
    for link in article.select(".headerlink, script:not([type])"):
        link.decompose()
    for element in article.select("[id]"):
        element["id"] = f"{name}-{element['id']}"
    for link in article.select("a[href]"):
        link["href"] = internal(link["href"], name)
    article.select_one("section")["id"] = name
    return article


def internal(address, name):
    """Return where a link leads within the one document; leave the world's links alone."""
    if re.match(r"[a-z]+:", address):
        return address
    page, _, anchor = address.partition("#")
    page = Path(page).stem or name
    return f"#{page}-{anchor}" if anchor else f"#{page}"


def take_closed(article):
    """Take hints and solutions out of a page and return them, each named by its exercise."""
    taken, exercise = [], None
    for element in article.select(f".exercise, {CLOSED}"):
        if "dropdown" not in element["class"]:
            exercise = element.select_one(".caption-number").get_text(strip=True)
            continue
        element.extract()
        element["class"].remove("dropdown")
        title = element.select_one(".admonition-title")
        if title.get_text().startswith("Hint"):
            title.string = f"{exercise}: {title.get_text(strip=True)}"
        taken.append(element)
    return taken


def contents(soup, articles):
    """Return the table of contents, its page numbers still to come."""
    box = soup.new_tag("nav", attrs={"class": "book-contents"})
    heading = soup.new_tag("h1")
    heading.string = "Contents"
    box.append(heading)
    for article in articles:
        for title in article.select("h1, h2"):
            line = soup.new_tag("a", attrs={"class": f"book-{title.name}"})
            line["href"] = "#" + title.find_parent("section")["id"]
            text = soup.new_tag("span")
            text.string = " ".join(title.get_text().split())
            number = soup.new_tag("span", attrs={"class": "page"})
            line.extend([text, number])
            box.append(line)
    return box


def assemble():
    """Return the whole book as one page of HTML."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    names = [toc["root"]] + [part["file"] for group in toc["parts"] for part in group["chapters"]]
    articles = [read(name) for name in names]

    head = BeautifulSoup((OFFLINE / f"{names[1]}.html").read_text(), "html.parser").head
    for script in head.select("script"):
        source = script.get("src", "") + script.get_text()
        if not re.search("mathjax|book.js", source, re.IGNORECASE):
            script.decompose()
    soup = BeautifulSoup("<!DOCTYPE html><html lang='en' data-theme='light'></html>", "html.parser")
    soup.html.append(head)
    soup.title.string = config["title"]
    style = soup.new_tag("style")
    style.string = STYLE.read_text()
    head.append(style)

    body = soup.new_tag("body")
    soup.html.append(body)
    title = BeautifulSoup(
        f"<div class='title-page'><img src='../_static/logo.svg' alt=''/><h1>{config['title']}</h1>"
        f"<p>{config['author']}, {config['copyright']}</p>"
        f"<p>{config['html']['baseurl']}</p></div>",
        "html.parser",
    )
    answers = BeautifulSoup(
        "<article class='bd-article'><section id='answers'><h1>Hints and solutions</h1>"
        "</section></article>",
        "html.parser",
    ).article
    for article in articles:
        taken = take_closed(article)
        if taken:
            part = soup.new_tag("section", id=f"answers-{article.section['id']}")
            heading = soup.new_tag("h2")
            heading.string = " ".join(article.select_one("h1").get_text().split())
            part.append(heading)
            part.extend(taken)
            answers.section.append(part)
    articles.append(answers)
    body.extend([title, contents(soup, articles), *articles])
    for script in {str(tag): tag for tag in body.select("script[type='text/later']")}.values():
        body.append(script.extract())
    for picture in body.select("img[loading]"):
        del picture["loading"]
    return soup


def page_numbers(reader):
    """Return on which page of a printing each address stands."""
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def settle(page):
    """Wait until all of the document is there."""
    page.evaluate("() => MathJax.startup.promise")
    page.evaluate("() => loadWidgets()")
    page.wait_for_function(
        """() => [...document.querySelectorAll("script[type*='widget-view+json']")]
               .every(view => view.parentElement.querySelector(".jupyter-widgets"))"""
    )
    page.wait_for_function("() => [...document.images].every(picture => picture.complete)")


def draw(page, **options):
    """Print the document."""
    page.pdf(path=PDF, prefer_css_page_size=True, print_background=True, **options)


def main():
    """Print twice: the first time shows on which page everything stands."""
    if not chromium():
        sys.exit("Chromium is needed to print the book, and none was found ($CHROMIUM, PATH).")
    file = OFFLINE / "book" / "print.html"
    file.write_text(str(assemble()))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        try:
            page.goto(f"file://{file}")
            settle(page)
            draw(page)
            page.evaluate(
                """numbers => document.querySelectorAll(".book-contents a").forEach(line =>
                     (line.querySelector(".page").textContent = numbers[line.hash.slice(1)]))""",
                page_numbers(PdfReader(PDF)),
            )
            draw(page, outline=True, tagged=True)
        finally:
            file.unlink()
            browser.close()
    print(f"{len(PdfReader(PDF).pages)} pages in _build/minidl.pdf")


if __name__ == "__main__":
    main()
