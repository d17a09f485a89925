"""A Sphinx extension: the bibliography names its entries as the text cites them.

Why this is ours and not a library's: of author and year sphinxcontrib-bibtex makes citations in
the text alone; for the bibliography pybtex has numbers and labels such as "GB10".
"""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle


class AuthorYear(BaseLabelStyle):
    """Labels such as "Glorot and Bengio, 2010" and "Chen et al., 2016"."""

    def format_labels(self, sorted_entries):
        """Yield the label of each entry."""
        for entry in sorted_entries:
            yield f"{authors(entry.persons['author'])}, {entry.fields['year']}"


def authors(persons):
    """Return the last names of one or two authors, or that of the first of several."""
    names = [" ".join(name.render_as("text") for name in p.rich_last_names) for p in persons]
    if len(names) > 2 or names[-1] == "others":
        return f"{names[0]} et al."
    return " and ".join(names)


class ByAuthor(Style):
    """The plain style, in the order of these labels."""

    default_sorting_style = "author_year_title"
    default_label_style = "author_year"


def setup(app):
    """Register with pybtex."""
    register_plugin("pybtex.style.labels", "author_year", AuthorYear)
    register_plugin("pybtex.style.formatting", "by_author", ByAuthor)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
