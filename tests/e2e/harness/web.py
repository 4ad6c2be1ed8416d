"""The web servers a hoster has, each with one customer's site and, if wanted, the shared-SSL host before formmail.

All three take the same arguments: `htdocs` is the customer's site on any host name; `formmail` a FormMail whose
program answers /freecgi/FormMail/index.cgi; `mode` "fastcgi" or "cgi". With `tls` (a make_certificate()) there is a
second port, `tls_port`: https, where /www.customer.example/ is the site's folder.
"""
import os
import pathlib
import shutil

from harness.ports import free_port
from harness.process import Server

FORM_PATH = "/freecgi/FormMail/index.cgi"
FORM_PATTERN = r"^(/[^/]+)?/freecgi/FormMail/index\.cgi$"


class _WebServer(Server):
    def __init__(self, name, arguments, folder, htdocs, formmail, mode, tls, customer, port=None, tls_port=None):
        self.folder = pathlib.Path(folder, name)
        self.folder.mkdir()
        self.htdocs, self.formmail, self.mode, self.tls = htdocs, formmail, mode, tls
        self.customer = customer
        self.port = port or free_port()
        self.tls_port = (tls_port or free_port()) if tls else None
        self.config = self.folder / f"{name}.conf"
        self.config.write_text(self.configuration())
        super().__init__(name, arguments, pathlib.Path(folder, f"{name}.log"), ready_port=self.port)

    def configuration(self) -> str:
        raise NotImplementedError

    def environment(self):
        return {**self.formmail.environment, **self.formmail.env}


class Lighttpd(_WebServer):
    def __init__(self, folder, htdocs, formmail, mode="fastcgi", tls=None, customer="www.customer.example", **ports):
        super().__init__("lighttpd", [], folder, htdocs, formmail, mode, tls, customer, **ports)
        self.arguments = ["/usr/sbin/lighttpd", "-D", "-f", str(self.config)]

    def configuration(self):
        if self.mode == "fastcgi":
            environment = ", ".join(f'"{name}" => "{value}"' for name, value in self.environment().items())
            program = f'''fastcgi.server = ("index.cgi" => ((
    "socket" => "{self.folder}/fastcgi.sock", "bin-path" => "{self.formmail.binary}",
    "bin-environment" => ({environment}), "max-procs" => 1, "check-local" => "disable")))'''
            modules = '"mod_fastcgi"'
        else:
            # mod_cgi runs the file that the URL leads to: an alias leads it to the program.
            program = f'''alias.url = ("{FORM_PATH}" => "{self.formmail.binary}",
    "/{self.customer}{FORM_PATH}" => "{self.formmail.binary}", "/{self.customer}/" => "{self.htdocs}/")
  cgi.assign = ("{pathlib.Path(self.formmail.binary).name}" => "")'''
            modules = '"mod_cgi", "mod_setenv"'
            setenv = ", ".join(f'"{name}" => "{value}"' for name, value in self.environment().items())
            program += f"\n  setenv.set-environment = ({setenv})"
        text = f'''server.modules = ("mod_alias", "mod_openssl", {modules})
server.document-root = "{self.htdocs}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.errorlog = "{self.folder}/error.log"
server.upload-dirs = ("{self.folder}")
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".css" => "text/css", ".svg" => "image/svg+xml", ".png" => "image/png")
alias.url = ("/{self.customer}/" => "{self.htdocs}/")
$HTTP["url"] =~ "{FORM_PATTERN}" {{
  {program}
}}
'''
        if self.tls:
            text += f'''$SERVER["socket"] == "127.0.0.1:{self.tls_port}" {{
  ssl.engine = "enable"
  ssl.pemfile = "{self.tls[2]}"
}}
'''
        return text

    def log(self):
        error = self.folder / "error.log"
        return super().log() + (error.read_text("utf-8", "replace") if error.exists() else "")


class Nginx(_WebServer):
    """nginx has no CGI; FastCGI goes to the socket of a started FormMail."""

    def __init__(self, folder, htdocs, formmail, mode="fastcgi", tls=None, customer="www.customer.example", **ports):
        assert mode == "fastcgi", "nginx has no CGI"
        super().__init__("nginx", [], folder, htdocs, formmail, mode, tls, customer, **ports)
        self.arguments = ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.config), "-e",
                          str(self.folder / "error.log")]

    def configuration(self):
        listeners = f"listen 127.0.0.1:{self.port};"
        if self.tls:
            listeners += (f" listen 127.0.0.1:{self.tls_port} ssl; ssl_certificate {self.tls[0]};"
                          f" ssl_certificate_key {self.tls[1]};")
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n  "
                          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f'''daemon off; worker_processes 1; pid {self.folder}/pid; {"user root;" if os.getuid() == 0 else ""}
error_log stderr;
events {{ worker_connections 256; }}
http {{
  {folders}access_log off;
  types {{ text/html html; text/css css; image/svg+xml svg; image/png png; }}
  server {{
    {listeners}
    root {self.htdocs};
    client_max_body_size 12m;
    location /{self.customer}/ {{ alias {self.htdocs}/; }}
    location ~ {FORM_PATTERN} {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param HTTP_HOST $http_host;
      fastcgi_pass unix:{self.formmail.socket};
    }}
  }}
}}
'''


class Apache(_WebServer):
    """FastCGI goes through mod_proxy_fcgi to the socket of a started FormMail; CGI is run by mod_cgid."""

    def __init__(self, folder, htdocs, formmail, mode="fastcgi", tls=None, customer="www.customer.example", **ports):
        super().__init__("apache2", [], folder, htdocs, formmail, mode, tls, customer, **ports)
        self.arguments = ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", str(self.config)]

    def configuration(self):
        # Apache reads the site and runs the program as www-data, who may not see the folder that holds them.
        htdocs = shutil.copytree(self.htdocs, self.folder / "htdocs", dirs_exist_ok=True)
        binary = shutil.copy(self.formmail.binary, self.folder / pathlib.Path(self.formmail.binary).name)
        names = ["mpm_event", "authz_core", "mime", "dir", "alias", "env", "setenvif", "unixd"]
        names += ["proxy", "proxy_fcgi"] if self.mode == "fastcgi" else ["cgid"]
        names += ["ssl", "socache_shmcb"] if self.tls else []
        built_in = ("unixd",)
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in names if name not in built_in)
        if self.mode == "fastcgi":
            program = (f'<LocationMatch "{FORM_PATTERN}">\n'
                       f'  SetHandler "proxy:unix:{self.formmail.socket}|fcgi://localhost/"\n</LocationMatch>')
        else:
            setenv = "\n".join(f"SetEnv {name} {value}" for name, value in self.environment().items())
            program = (f'ScriptSock {self.folder}/cgid.sock\n{setenv}\n'
                       f'ScriptAliasMatch "{FORM_PATTERN}" "{binary}"\n'
                       f'<Directory "{self.folder}">\n  Require all granted\n'
                       '  Options +ExecCGI\n</Directory>')
        tls = "" if not self.tls else f'''Listen 127.0.0.1:{self.tls_port}
<VirtualHost 127.0.0.1:{self.tls_port}>
  SSLEngine on
  SSLCertificateFile {self.tls[0]}
  SSLCertificateKeyFile {self.tls[1]}
</VirtualHost>
'''
        return f'''{modules}
ServerRoot {self.folder}
ServerName www.customer.example
PidFile {self.folder}/pid
DefaultRuntimeDir {self.folder}
ErrorLog /dev/stderr
{"User www-data" if os.getuid() == 0 else ""}
{"Group www-data" if os.getuid() == 0 else ""}
Listen 127.0.0.1:{self.port}
StartServers 1
TypesConfig /etc/mime.types
DirectoryIndex index.html
DocumentRoot "{htdocs}"
<Directory "{htdocs}">
  Require all granted
</Directory>
{program}
Alias "/{self.customer}/" "{htdocs}/"
{tls}'''

    def start(self):
        if self.mode == "fastcgi" and os.getuid() == 0:
            self.formmail.socket.chmod(0o666)
        return super().start()
