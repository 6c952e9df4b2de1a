"""``make bench``: print the table of ratios, for people and then in Markdown."""

from benchmarks import casting, closing, dispatch, http

if __name__ == "__main__":
    print(f"{'operation':<46} {'ours':>13}  {'base':>13}  {'ratio':>7}")
    rows = []
    for part in (dispatch, casting, closing, http):
        for row in part.measure():
            print(row.line(), flush=True)
            rows.append(row)
    print("\n| operation | compared with | ours | theirs | ratio | aim |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(row.markdown())
