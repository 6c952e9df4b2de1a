"""``make bench``: print the table of ratios."""

from benchmarks import dispatch

if __name__ == "__main__":
    print("operation                                            ours          base    ratio")
    for row in dispatch.measure():
        print(row.line())
