// The tables of docs/errors.md and docs/hla.md against the code: the list of errors, the rows of the services and the
// exceptions, the functions and callbacks of the public headers. Each way: nothing is missing, nothing is invented.
import fs from 'node:fs'
import path from 'node:path'

const root = process.env.MUSTER_SOURCE_DIR
const read = name => fs.readFileSync(path.join(root, name), 'utf8')
let mistakes = 0

function mistake (page, text) {
    mistakes++
    console.log(`${page}: ${text}`)
}

// Rows of all tables of a page, as lists of cells; heads and rules left out.
function rows (page) {
    return read(page).split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| service |'))
        .map(line => line.split(' | ').map(cell => cell.replace(/^\| | ?\|$/g, '').trim()))
}

function compare_errors () {
    const page = 'docs/errors.md'
    const told = new Map(rows(page).map(([name, text, ...rest]) => [name, { text, rest }]))
    told.delete('error')
    const errors = [...read('include/muster/error.h').matchAll(/X \((\w+), (\d+), "([^"]+)"\)/g)].filter(match => match[1] !== 'OK')
    for (const [, name, number, text] of errors) {
        const key = `\`MST_${name}\` (${number})`
        const row = told.get(key)
        if (!row) mistake(page, `has no row ${key}`)
        else if (row.text !== text) mistake(page, `${key}: the code says "${text}"`)
        else if (row.rest.length !== 2 || row.rest.some(cell => cell.length < 5)) mistake(page, `${key}: causes and cures`)
        told.delete(key)
    }
    for (const key of told.keys()) mistake(page, `${key} is no error of <muster/error.h>`)
    return errors.map(match => `MST_${match[1]}`)
}

function services () {
    const found = new Map()
    for (const file of fs.readdirSync(path.join(root, 'wire')).filter(name => /^services_\w+\.def$/.test(name)))
        for (const [, name, clause, state] of read(`wire/${file}`)
            .matchAll(/SERVICE \(0x\w+, \w+,\s*\w+,\s*"(\w+)",\s*\w+,\s*\w+,\s*"([\d.]+)",\s*(\w+),/g))
            found.set(name, { clause, supported: state === 'SUPPORTED' })
    return found
}

function declared () {
    const names = new Set()
    for (const file of fs.readdirSync(path.join(root, 'include/muster'))) {
        const text = read(`include/muster/${file}`)
        for (const [, name] of text.matchAll(/\b(mst_\w+) \(/g)) names.add(`\`${name}\``)
        for (const [, name] of text.matchAll(/void \(\*(\w+)\) \(/g)) names.add(`\`${name}\` (callback)`)
    }
    return names
}

function compare_services () {
    const page = 'docs/hla.md'
    const known = services()
    const functions = declared()
    if (known.size !== 240) mistake(page, `wire/ has ${known.size} services, not 178 and 62`)
    const told = new Map(rows(page).filter(cells => cells.length === 4).map(cells => [cells[0], cells.slice(1)]))
    for (const [name, { clause, supported }] of known) {
        const [at, by, remark] = told.get(name) ?? []
        if (!at) mistake(page, `has no row ${name}`)
        else if (at !== clause) mistake(page, `${name} stands at clause ${clause}`)
        else if (by === '—' && supported !== remark.startsWith('the RTI has it'))
            mistake(page, `${name}: ${supported ? 'the table of services says SUPPORTED' : 'no word of "not supported"'}`)
        else if (by === '—' && !supported && remark !== 'not supported') mistake(page, `${name} is not supported`)
        else if (by !== '—' && !functions.has(by)) mistake(page, `${name}: ${by} is not in <muster/muster.h>`)
        told.delete(name)
    }
    for (const name of told.keys()) mistake(page, `${name} is no service`)
    const text = read(page)
    const numbers = [/(\d+) of them/, /(\d+) are served/, /(\d+) are not\s/].map(pattern => Number(text.match(pattern)?.[1]))
    const cells = rows(page).filter(row => row.length === 4)
    const counts = [cells.filter(row => row[2] !== '—').length, cells.filter(row => /^the RTI/.test(row[3])).length,
                    cells.filter(row => row[3] === 'not supported').length]
    if (String(numbers) !== String(counts)) mistake(page, `its beginning says ${numbers}, its rows ${counts}`)
}

function compare_exceptions (errors) {
    const page = 'docs/hla.md'
    const known = [...read('wire/exceptions.def').matchAll(/^EXCEPTION \(\d+, \w+, "(\w+)"\)/gm)].map(match => match[1])
    const told = new Map(rows(page).filter(cells => cells.length === 3).map(cells => [cells[0], cells[1]]))
    told.delete('exception')
    for (const name of known) {
        const error = told.get(name)
        if (!error) mistake(page, `has no row ${name}`)
        else if (error !== '—' && !errors.includes(error.replaceAll('`', ''))) mistake(page, `${name}: ${error} is no error`)
        told.delete(name)
    }
    for (const name of told.keys()) mistake(page, `${name} is no exception`)
}

// The keys that each part of the scenario's check knows, by the function that has their list.
function compare_scenario () {
    const page = 'docs/scenario.md'
    const code = read('tools/scenario_check.c')
    const parts = { check_time: 'time.', check_space: 'space.', check_group: 'federates[].', check_record: 'record.', scenario_check: '' }
    const known = new Set()
    for (const [name, prefix] of Object.entries(parts)) {
        const body = code.slice(code.search(new RegExp(`^(static )?mst_err_t ${name} \\(`, 'm')))
        const list = body.match(/const keys\[\] = \{([^}]*)\}/)?.[1] ?? ''
        for (const [, key] of list.matchAll(/"(\w+)"/g)) known.add(prefix + key)
    }
    if (known.size < 25) mistake(page, `only ${known.size} keys were found in tools/scenario_check.c`)
    const told = new Set(rows(page).map(([key]) => key.replaceAll('`', '')))
    told.delete('key')
    for (const key of known) if (!told.delete(key)) mistake(page, `has no row ${key}`)
    for (const key of told) mistake(page, `${key} is no key of a scenario`)
}

// Every mst_ function, MST_E_ error and MUSTER_ variable that any page names is there.
function compare_names (errors) {
    const functions = declared()
    const folder = fs.readdirSync(path.join(root, 'docs'), { recursive: true }).filter(name => name.endsWith('.md'))
    for (const page of ['README.md', ...folder.map(name => `docs/${name}`)]) {
        const text = read(page)
        for (const [name] of text.matchAll(/\bmst_[a-z_]+\b(?!_t)/g))
            if (!name.endsWith('_t') && !name.endsWith('_') && !functions.has(`\`${name}\``)) mistake(page, `names ${name}, which is no function`)
        for (const [name] of text.matchAll(/\bMST_E_[A-Z_]+\b/g))
            if (!errors.includes(name)) mistake(page, `names ${name}, which is no error`)
    }
}

const errors = compare_errors()
compare_services()
compare_scenario()
compare_exceptions(errors)
compare_names(errors)
console.log(`${mistakes} mistakes`)
process.exitCode = mistakes ? 1 : 0
