"""Tables on the terminal, JSON, and plots as SVG."""

import json


class Table:
    """Rows of numbers by column. `ours` are the columns of this library; their ratios to the best other are shown."""

    def __init__(self, title, unit, columns, ours, digits=2):
        self.title, self.unit, self.columns, self.ours, self.digits = title, unit, columns, ours, digits
        self.rows = []

    def add(self, name, values):
        self.rows.append((name, values))

    def best_peer(self, values):
        others = [values[column] for column in self.columns if column not in self.ours and values.get(column)]
        return min(others) if others else None

    def ratios(self, values):
        best = self.best_peer(values)
        return {column: values[column] / best for column in self.ours if best and values.get(column)}

    def cell(self, value):
        return "-" if value is None else f"{value:.{self.digits}f}"

    def as_text(self):
        header = [self.title] + self.columns + [f"{column} / best" for column in self.ours]
        lines = [header]
        for name, values in self.rows:
            ratios = self.ratios(values)
            lines.append(
                [name]
                + [self.cell(values.get(column)) for column in self.columns]
                + [f"{ratios[column]:.2f}x" if column in ratios else "-" for column in self.ours]
            )
        widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
        text = [
            "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths)))
            for line in lines
        ]
        return "\n".join([text[0], "-" * len(text[0])] + text[1:] + [f"({self.unit})", ""])

    def as_json(self):
        return {
            "title": self.title,
            "unit": self.unit,
            "rows": [{"name": name, "values": values, "ratios": self.ratios(values)} for name, values in self.rows],
        }


def write_json(results, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")


COLOURS = ["#1b6ca8", "#4c9f70", "#9aa5b1", "#c9b458", "#b5651d", "#7b5ea7", "#c94f4f", "#5fb3b3", "#888888"]


def write_svg(table, path):
    """A group of bars a row, relative to the row's best peer (1.0 is the line)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left, bar, gap, width = 150, 9, 10, 520
    group = bar * len(table.columns) + gap
    height = 60 + group * len(table.rows)
    limit = 3.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{height + 20}" '
        f'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="18" font-size="14">{table.title}: relative to the best peer ({table.unit})</text>',
    ]
    for i, column in enumerate(table.columns):
        x = 10 + i * 84
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 13}" y="37">{column}</text>')
    for r, (name, values) in enumerate(table.rows):
        top = 50 + r * group
        best = table.best_peer(values)
        parts.append(f'<text x="{left - 6}" y="{top + group / 2}" text-anchor="end">{name}</text>')
        for i, column in enumerate(table.columns):
            value = values.get(column)
            if not value or not best:
                continue
            ratio = value / best
            length = min(ratio, limit) / limit * width
            y = top + i * bar
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 1}" fill="{COLOURS[i % len(COLOURS)]}"/>')
            if ratio > limit:
                parts.append(f'<text x="{left + width + 4}" y="{y + bar - 1}" font-size="9">{ratio:.1f}</text>')
    x = left + width / limit
    parts.append(f'<line x1="{x}" y1="46" x2="{x}" y2="{height}" stroke="black" stroke-dasharray="3,3"/>')
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")
