# A man page out of a command's page: headings, paragraphs, tables as lists, blocks. What the command
# is, in a line, comes from the list in docs/commands.md.
#
#   awk -v version=0.1.0 -f cmake/man.awk docs/commands.md docs/commands/run.md > muster-run.1

# Text of a line as roff: backslashes, bold, code, links.
function roff (text, plain,    out, part, at) {
    gsub (/\\/, "\\e", text)
    gsub (/!?\[[^]]*\]\([^)]*\)/, "&\001", text)
    while (match (text, /!?\[[^]]*\]\([^)]*\)\001/)) {
        part = substr (text, RSTART, RLENGTH)
        sub (/^!?\[/, "", part)
        sub (/\].*/, "", part)
        text = substr (text, 1, RSTART - 1) part substr (text, RSTART + RLENGTH)
    }
    out = ""
    at = 0
    while (!plain && match (text, /`|\*\*/)) {
        out = out substr (text, 1, RSTART - 1) (at ? "\\fR" : "\\fB")
        at = !at
        text = substr (text, RSTART + RLENGTH)
    }
    out = out text
    gsub (/-/, "\\-", out)
    sub (/^\./, "\\\\\\&.", out)
    sub (/^'/, "\\\\\\&'", out)
    return out
}

# The cells of a table's row: what it is, and all that is said of it.
function row (text,    cells, count, said, i) {
    gsub (/^\| | \|$/, "", text)
    count = split (text, cells, / \| /)
    said = ""
    for (i = 2; i <= count; i++)
        said = said (said && cells[i] ? ": " : "") cells[i]
    printf ".TP\n%s\n%s\n", roff(cells[1]), roff(said)
}

# The list of commands: "| [`muster run`](commands/run.md) | runs a scenario … |".
NR == FNR {
    if (match ($0, /commands\/[a-z-]+\.md/)) {
        split ($0, cells, / \| /)
        sub (/ \|$/, "", cells[2])
        about["muster-" substr ($0, RSTART + 9, RLENGTH - 12)] = cells[2]
    }
    next
}

/^```/ {
    if (!block && /usage/)
        print ".SH SYNOPSIS\n.nf"
    else if (block)
        print synopsis ? ".fi\n.SH DESCRIPTION" : ".fi\n.RE"
    else
        print ".PP\n.RS 4\n.nf"
    synopsis = !block && /usage/
    block = !block
    fresh = 0
    next
}
block { print roff($0, 1); next }
/^# / {
    name = $0
    sub (/^# /, "", name)
    gsub (/ /, "-", name)
    printf ".TH \"%s\" \"1\" \"\" \"Muster %s\" \"Muster\"\n", toupper (name), version
    printf ".SH NAME\n%s \\- %s\n", name, roff(about[name])
    next
}
/^<!--/ || /^\|[-| ]+\|$/ { table = 1; next }
/^!\[/ { next }
/^\|/ { if (table) row($0); next }
/^$/ { table = 0; fresh = 1; next }
/^## / { printf ".SH %s\n", toupper (substr ($0, 4)); fresh = 0; next }
{
    if (fresh)
        print ".PP"
    fresh = 0
    print roff($0)
}
END { print ".SH SEE ALSO\nThe whole manual: docs/index.md in Muster's documentation folder." }
