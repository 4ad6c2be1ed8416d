"""Old pages as customers have them, made from parts: charset, doctype and case, quoting, layout, line ends.

Each page comes with what `formmail rewrite` must make of it: the generator writes the three places once as they are
and once as they must become, so the expectation owes nothing to the program.
"""
import dataclasses
import itertools

SITE = "www.customer.example"
PATH = "/freecgi/FormMail/index.cgi"

# 表 and ソ end in 0x5C in Shift_JIS; in ISO-2022-JP 檀 is 0x43 0x49, ぢ is 0x24 0x42, 〃 is 0x21 0x37, 宗 holds 0x3D,
# 似 is 0x3B 0x77 and 、 is 0x21 0x22: bytes of `"`, `'`, `<`, `>` and `\\`.
JAPANESE = "表示ソフト能力、予約の申込み「似」〜宗"

CHARSETS = {"shift_jis": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp", "utf-8": "utf-8",
            "utf-8 with mark": "utf-8-sig"}
QUOTES = {"double": '"{}"', "single": "'{}'", "none": "{}"}
NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@dataclasses.dataclass
class OldPage:
    name: str
    page: bytes
    rewritten: bytes


def _quoted(style, value):
    # An unquoted value can't hold blanks and such: those stay in quotes.
    plain = style == "none" and value and not any(c in value for c in " \"'<>=`") and value.isascii()
    return QUOTES["none" if plain else "double" if style == "none" else style].format(value)


def _tag(name, attributes, style, upper, slash=""):
    name = name.upper() if upper else name
    body = "".join(f" {key.upper() if upper else key}={_quoted(style, value)}" for key, value in attributes)
    # `value=/x/>` would make the slash part of the value.
    return f"<{name}{body}{' ' + slash if slash else ''}>"


def _form(ssl, style, upper, slash, fields, layout):
    prefix = f"/{SITE}" if ssl else ""
    def hidden(name, value):
        return _tag("input", [("type", "hidden"), ("name", name), ("value", value)], style, upper, slash)
    form = _tag("form", [("method", "post"), ("action", prefix + PATH)], style, upper)
    inner = [hidden("_profile_", "Contact"), hidden("_css_url_", f"{prefix}/FormMail/Contact/default.css"),
             hidden("_comp_return_url_", f"{prefix}/index.html"), hidden("_conf_title_", JAPANESE)]
    inner += [hidden("_label_", f"{field}:{JAPANESE}:required") for field in fields]
    inputs = [_tag("input", [("type", "text"), ("name", field), ("title", JAPANESE)], style, upper, slash)
              for field in fields]
    submit = _tag("input", [("type", "submit"), ("value", JAPANESE)], style, upper, slash)
    end = "</FORM>" if upper else "</form>"
    if layout == "table":  # the form between the table and its rows, as old pages have it
        rows = "".join(f"<tr><td>{JAPANESE}<td>{field}</tr>\n" for field in inputs)
        return f"<table border=0>{form}\n" + "\n".join(inner) + f"\n{rows}<tr><td>{submit}</td></tr>{end}</table>"
    return "\n".join([form, *inner, *(f"<p>{JAPANESE}{field}" for field in inputs), submit, end])


def _decoys(ssl):
    """What looks like a form and is none, and other programs' forms: all of it stays."""
    form = f'<form method="post" action="{PATH}"><input name="_css_url_" value="/x.css"></form>'
    return (f"<!-- {form} {JAPANESE} -->\n<script><!--\ndocument.write('{form}{JAPANESE}');\n//--></script>\n"
            f"<style>/* {form} */</style>\n<textarea>{form}</textarea>\n"
            f'<form action="/search.cgi"><input name="_css_url_" value="/search.css"><input name="q"></form>\n'
            f'<a href="{PATH}">{JAPANESE}</a> <a href="/index.html">{JAPANESE}</a>')


def _page(ssl, charset, style, upper, slash, layout, forms, newline):
    label = charset.split()[0]
    meta = ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; CHARSET={}">' if upper else '<meta charset="{}"' + slash + ">")
    doctype = ('<?xml version="1.0" encoding="{}"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
               '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">' if slash else
               '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">').format(label)
    body = "\n".join(_form(ssl, style, upper, slash, fields, layout) for fields in
                     [["name", "email"], ["tel"], ["comment"]][:forms])
    text = "\n".join([doctype, "<html><head>", meta.format(label), f"<title>{JAPANESE}</title></head><body>",
                      _decoys(ssl), body, _decoys(ssl), "</body></html>"])
    return text.replace("\n", NEWLINES[newline]).encode(CHARSETS[charset])


def old_pages():
    """Every charset with every quoting, case, layout and line end; one to three forms a page."""
    combinations = itertools.product(CHARSETS, QUOTES, (False, True), ("", "/"), ("flow", "table"), NEWLINES)
    for number, (charset, style, upper, slash, layout, newline) in enumerate(combinations):
        make = lambda ssl: _page(ssl, charset, style, upper, slash, layout, number % 3 + 1, newline)
        name = f"{charset}-{style}-{'upper' if upper else 'lower'}-{'xhtml' if slash else 'html'}-{layout}-{newline}"
        yield OldPage(name.replace(" ", "-"), make(False), make(True))
