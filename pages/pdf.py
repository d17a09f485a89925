"""Print the book to one file, _build/minidl.pdf: ``make book-pdf``.

Jupyter Book's own ``--builder pdfhtml`` stops at hidden code cells (its builder singlehtml has no
handler for them), and wants pyppeteer, which nobody maintains.  Here all pages become one, with
page numbers in the contents; hints and solutions, closed on a page, stand at the end.
"""

import re
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from chromium import chromium
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parent.parent
HTML, PDF = ROOT / "_build" / "html" / "book", ROOT / "_build" / "minidl.pdf"
CLOSED = ".exercise, .solution.dropdown, .admonition.dropdown:not(.guess *)"


def read(name):
    """Return a page's text, its addresses made unique by the page's name."""
    article = BeautifulSoup((HTML / f"{name}.html").read_text(), "html.parser").article
    for each in article.select(".headerlink, .dials, script, noscript"):
        each.decompose()
    for each in article.select("[id]"):
        each["id"] = f"{name}-{each['id']}"
    for link in article.select("a[href]:not([href*=':'])"):
        page, _, anchor = link["href"].partition("#")
        link["href"] = "#" + (Path(page).stem or name) + f"-{anchor}" * bool(anchor)
    article.section["id"] = name
    return article


def take_closed(article, answers):
    """Move a page's hints and solutions to the end, named by their exercise."""
    for each in article.select(CLOSED):
        title = each.select_one(".admonition-title")
        if "dropdown" not in each["class"]:
            exercise = title.select_one(".caption-number").get_text(strip=True)
            continue
        if "solution" not in each["class"]:
            title.string = f"{exercise}: {title.get_text(strip=True)}"
        each["class"].remove("dropdown")
        each.name = title.name = "div"
        answers.append(each.extract())


def assemble():
    """Return the book as one page: its title, contents, chapters, hints and solutions."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [toc["root"], *(each["file"] for part in toc["parts"] for each in part["chapters"])]
    names = [Path(file).name for file in files]
    articles = [read(name) for name in names]
    answers = "<section id='answers'><h1>Hints and solutions</h1></section>"
    answers = f"<article class='bd-article'>{answers}</article>"
    articles.append(BeautifulSoup(answers, "html.parser").article)
    for article in articles[:-1]:
        take_closed(article, articles[-1].section)
    lines = "".join(
        f"<a class='book-{title.name}' href='#{title.find_parent('section')['id']}'>"
        f"<span>{' '.join(title.get_text().split())}</span><span class='page'></span></a>"
        for article in articles
        for title in article.select("h1, h2")
    )
    soup = BeautifulSoup((HTML / f"{names[1]}.html").read_text(), "html.parser")
    style = f"<style>{Path(__file__).with_suffix('.css').read_text()}</style>"
    soup.head.append(BeautifulSoup(style, "html.parser"))
    soup.title.string = config["title"]
    soup.body.replace_with(
        BeautifulSoup(
            f"<body><div class='title-page'><img src='../_static/logo.svg' alt=''>"
            f"<h1>{config['title']}</h1><p>{config['author']}, {config['copyright']}</p>"
            f"<p>{config['html']['baseurl']}</p></div><nav class='book-contents'><h1>Contents</h1>"
            f"{lines}</nav>{''.join(map(str, articles))}</body>".replace('loading="lazy"', ""),
            "html.parser",
        )
    )
    return re.sub(r"<noscript>.*?</noscript>", "", str(soup), flags=re.S)


def main():
    """Print twice: the first time shows on which page everything stands."""
    file = HTML / "print.html"
    file.write_text(assemble())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"file://{file}")
        page.evaluate("() => MathJax.startup.promise")
        for last in (False, True):
            page.pdf(path=PDF, prefer_css_page_size=True, print_background=True, outline=last)
            pdf = PdfReader(PDF)
            places = {name.lstrip("/"): place for name, place in pdf.named_destinations.items()}
            for line in page.locator(".book-contents a").all():
                place = places[line.get_attribute("href").removeprefix("#")]
                number = str(pdf.get_destination_page_number(place) + 1)
                assert not last or line.locator(".page").inner_text() == number
                line.locator(".page").evaluate("(one, number) => (one.innerText = number)", number)
    file.unlink()
    print(f"{len(pdf.pages)} pages in _build/minidl.pdf")


if __name__ == "__main__":
    main()
