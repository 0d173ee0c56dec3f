"""What came of trying a camera, on a terminal."""

from __future__ import annotations

from peoplecount.services.trial import Trial, TriedLine


def print_trial(trial: Trial) -> None:
    """Everything that an installer wants to know."""
    if trial.protocol:
        model, serial = trial.model or "unknown model", trial.serial or "unknown"
        print(f"  {model}, serial {serial}, firmware {trial.firmware or 'unknown'}")
        print(f"  counts by the {trial.protocol} interface, {trial.requests_per_poll} request(s) a poll")
        print(f"  its clock shows {trial.clock} and is {trial.clock_error:+.0f} s off")
        for line in trial.lines:
            print(f"  line {line.line_id} {line.name or '(no name)'}: {line_words(line)}")
    if trial.certificate and trial.accepted:
        print(f"  its certificate: {certificate_words(trial)}; accepted")
    for finding in trial.findings:
        print(f"  {'FAILED' if finding.hinders else 'PROBLEM'}: {finding.sentence}")


def certificate_words(trial: Trial) -> str:
    """The certificate it shows, to be compared."""
    return f"{fingerprint_words(trial.fingerprint)} ({trial.certificate})"


def fingerprint_words(fingerprint: str) -> str:
    """A fingerprint as browsers show it."""
    pairs = (fingerprint[place : place + 2] for place in range(0, len(fingerprint), 2))
    return f"SHA-256 {':'.join(pairs).upper()}"


def line_words(line: TriedLine) -> str:
    """What a line has counted."""
    if not line.enabled:
        return "switched off in the camera"
    if line.entered is None or line.left is None:
        return "no counts given"
    return f"{line.entered} in, {line.left} out since its midnight"
