"""formmail's memory over many requests of all kinds, sent through nginx: pages, mails, errors, uploads, repeated pages."""
import pathlib

from processes import ProcessTree
from results import goal, number, table

SECONDS = 3
# A page's seal comes back from the last answer that had one; so each page is sent, some of them twice.
MIXED = """local bodies = {{{bodies}}}
local types = {{{types}}}
local sealed, turn = nil, 0
wrk.method = "POST"
wrk.headers["Host"] = "www.customer.example"
request = function()
  turn = turn + 1
  local kind = turn % (#bodies + 2) + 1
  if kind > #bodies + 1 then return wrk.format("GET", nil, nil, "") end
  if kind > #bodies and sealed then
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return wrk.format(nil, nil, nil, "_profile_=Contact&_sealed_=" .. sealed)
  end
  if kind > #bodies then kind = 1 end
  wrk.headers["Content-Type"] = types[kind]
  return wrk.format(nil, nil, nil, bodies[kind])
end
response = function(status, headers, body)
  sealed = string.match(body, 'name="_sealed_" value="([^"]+)"') or sealed
end
"""


def lua(text):
    """A text as a Lua literal."""
    return "[==[" + text + "]==]"


def upload(urlencoded_fields):
    """(body, content type) of a form with a file of 20,000 bytes."""
    parts = [f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in urlencoded_fields]
    parts.append('--bench\r\nContent-Disposition: form-data; name="cv"; filename="cv.txt"\r\n\r\n' + "x" * 20000 + "\r\n")
    return "".join(parts) + "--bench--\r\n", "multipart/form-data; boundary=bench"


def kinds(body):
    """(body, type) of each kind of request. `body(confirm)`: the form that the bench sends."""
    urlencoded = "application/x-www-form-urlencoded"
    file_form = [("_profile_", "Contact"), ("_label_", "cv:CV:file")]
    return [(body(True), urlencoded), (body(False), urlencoded), (body(False).replace("taro%40", ""), urlencoded),
            ("_profile_=Nobody&name=x", urlencoded), ("name=%ff%fe", urlencoded), upload(file_form),
            (upload(file_form)[0][:-10], upload(file_form)[1])]


def grow(site, wrk, body, requests, say):
    """Sends at least so many requests; (report, goals)."""
    all_kinds = kinds(body)
    script = pathlib.Path(site.folder, "mixed.lua")
    script.write_text(MIXED.format(bodies=", ".join(lua(text) for text, _ in all_kinds),
                                   types=", ".join(lua(kind) for _, kind in all_kinds)), newline="")
    url = f"http://127.0.0.1:{site.ports['nginx']}/freecgi/FormMail/index.cgi"
    memory = ProcessTree([site.formmail.pid])
    done, rows, warm = 0, [], None
    while done < requests:
        step = 0
        while step < min(10000, requests):
            step += wrk(url, script, SECONDS)["requests"]
        done += step
        rows.append([done, number(memory.pss_megabytes())])
        warm = warm if warm is not None else memory.pss_megabytes()
    say(f"{done} requests of all kinds are sent")
    growth = memory.pss_megabytes() - warm
    return ("### formmail's memory\n\n" + table(["requests of all kinds", "MB"], rows),
            [goal(f"formmail's memory from {rows[0][0]} to {done} requests of all kinds, MB more", growth, 2,
                  at_least=False)])
