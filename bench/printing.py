"""Tables on the terminal."""


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(line[column]) for line in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for line in [head, ["-" * width for width in widths], *rows]:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
