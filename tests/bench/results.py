"""Figures of rounds, and the ratios between contestants: of the same round, so that a machine that is busy for a
while is busy for all of them; then the median of the rounds."""
import statistics


class Results:
    def __init__(self):
        self.cells = []  # {"contestant", "case", "round", ...figures}

    def add(self, contestant, case, round_, figures):
        self.cells.append({"contestant": contestant, "case": case, "round": round_, **figures})

    def of(self, contestant, case, figure):
        """round -> figure"""
        return {cell["round"]: cell[figure] for cell in self.cells
                if cell["contestant"] == contestant and cell["case"] == case and cell.get(figure) is not None}

    def median(self, contestant, case, figure):
        values = self.of(contestant, case, figure).values()
        return statistics.median(values) if values else None

    def ratio(self, contestant, other, case, figure):
        own, others = self.of(contestant, case, figure), self.of(other, case, figure)
        ratios = [own[round_] / others[round_] for round_ in own if others.get(round_)]
        return statistics.median(ratios) if ratios else None

    def ratio_to_best(self, contestant, others, case, figure):
        ratios = [self.ratio(contestant, other, case, figure) for other in others]
        ratios = [ratio for ratio in ratios if ratio is not None]
        return min(ratios) if ratios else None


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head, rows):
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]

    def line(row):
        cells = [cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(row)]
        return "| " + " | ".join(cells) + " |"

    ruler = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), ruler, *map(line, rows[1:])])


def goal(what, measured, wanted, at_least=True):
    """A row: goals are told, not asserted; a figure of a busy machine is no failure."""
    if measured is None:
        return [what, "-", wanted, "not measured"]
    reached = measured >= wanted if at_least else measured <= wanted
    return [what, number(measured), f"{'>=' if at_least else '<='} {wanted}", "yes" if reached else "no"]
