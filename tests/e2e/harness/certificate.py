"""Certificates made on the spot by openssl."""
import pathlib

from harness.process import run


def make_certificate(folder, names=("localhost",)):
    """A self-signed certificate for `names` and 127.0.0.1: (certificate file, key file, file with both), PEM."""
    folder = pathlib.Path(folder)
    certificate, key, both = folder / "certificate.pem", folder / "key.pem", folder / "certificate-and-key.pem"
    alternatives = ",".join([f"DNS:{name}" for name in names] + ["IP:127.0.0.1"])
    made = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}",
                "-keyout", key, "-out", certificate])
    if made.returncode != 0:
        raise RuntimeError(made.stderr.decode("utf-8", "replace"))
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    for file in (key, both):
        file.chmod(0o600)
    return certificate, key, both
