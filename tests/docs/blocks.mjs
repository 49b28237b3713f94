// Runs the blocks of the manual's pages; docs/pages.md is what it promises. One fresh folder per page, whose
// blocks run in order; every mistake of all pages is told, and any makes the end 1.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const root = process.env.MUSTER_SOURCE_DIR
const build = process.env.MUSTER_BUILD_DIR
const DEADLINE_MS = 60000
const SLOW_MS = 1500 // is told: the whole must stay short
const DEFAULT_RTI = 'tcp://127.0.0.1:15000'
const WARNINGS = ['-std=c17', '-Wall', '-Wextra', '-Wpedantic', '-Wno-unused-parameter',
                  '-Wno-unused-function', '-Wno-unused-variable', '-Werror']
let mistakes = 0
let counted = 0

// Pages and their blocks ---------------------------------------------------------------------------

function pages () {
    const found = ['README.md']
    const walk = folder => {
        for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
            const name = `${folder}/${entry.name}`
            if (entry.isDirectory()) walk(name)
            else if (name.endsWith('.md')) found.push(name)
        }
    }
    walk('docs')
    return found.sort()
}

// { line, kind, word: { same: 'PATH', wild: true, … }, text } per block, and the lines outside.
function read (page) {
    const blocks = []
    const prose = []
    let block = null
    fs.readFileSync(path.join(root, page), 'utf8').split('\n').forEach((line, index) => {
        const fence = line.match(/^```(.*)$/)
        if (block && fence && fence[1] === '') {
            blocks.push(block)
            block = null
        } else if (block) {
            block.text += line + '\n'
        } else if (fence) {
            const [kind, ...words] = fence[1].trim().split(/\s+/)
            block = { line: index + 1, kind, text: '', word: {} }
            for (const word of words) {
                const [key, value] = word.split('=')
                block.word[key] = value ?? true
            }
        } else {
            prose.push({ line: index + 1, text: line, before: prose.at(-1)?.text ?? '' })
        }
    })
    return { page, blocks, prose, open: block }
}

function mistake (page, line, text) {
    mistakes++
    console.log(`${page}:${line}: ${text.trimEnd()}`)
}

// What a command prints ----------------------------------------------------------------------------

const escape = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function linePattern (line, wild) {
    return line.split('...').map(part => {
        if (!wild) return escape(part)
        return part.split(/(\b[0-9a-f]{16,}\b|-?\b\d[\d.,]*(?:[eE][+-]?\d+)?|\s+)/).map((piece, index) => {
            if (index % 2 === 0) return escape(piece)
            if (/^\s/.test(piece)) return '\\s+'
            return /^[0-9a-f]{16,}$/.test(piece) && /[a-f]/.test(piece) ? '[0-9a-f]+' : '-?\\d[\\d.,]*(?:[eE][+-]?\\d+)?'
        }).join('')
    }).join('.*')
}

function pattern (lines, wild, toEnd) {
    const body = lines.map(line => line.trim() === '...' ? '(?:.*\\n)*?' : linePattern(line.trimEnd(), wild) + ' *\\n')
    return new RegExp('^' + body.join('') + (toEnd ? '$' : ''))
}

// "$ command" (a backslash at the end goes on) and the lines below it.
function commands (block) {
    const list = []
    let open = false
    for (const line of block.text.split('\n').slice(0, -1)) {
        if (line.startsWith('$ ')) list.push({ text: line.slice(2), shows: [] })
        else if (list.length === 0) return null
        else if (open) list.at(-1).text += '\n' + line
        else list.at(-1).shows.push(line)
        open = (line.startsWith('$ ') || open) && line.endsWith('\\')
    }
    return list.length ? list : null
}

// A page's folder ----------------------------------------------------------------------------------

class Session {
    constructor (page) {
        this.page = page
        this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'muster-page-'))
        this.top = path.join(this.folder, 'muster')
        fs.mkdirSync(this.top)
        fs.mkdirSync(path.join(this.folder, 'tmp'))
        for (const name of ['docs', 'include', 'script', 'tests'])
            fs.symlinkSync(path.join(root, name), path.join(this.top, name))
        fs.symlinkSync(build, path.join(this.top, 'build'))
        fs.cpSync(path.join(root, 'samples'), path.join(this.top, 'samples'), { recursive: true })
        this.rti = `ipc://${this.folder}/rti`
        fs.writeFileSync(path.join(this.folder, 'env'), '')
        this.env = { PATH: `${build}:${process.env.PATH}`, HOME: this.folder, LC_ALL: 'C.UTF-8', COLUMNS: '80',
                     TMPDIR: path.join(this.folder, 'tmp'), MUSTER_RTI: this.rti, CC: process.env.CC ?? 'cc',
                     LD_LIBRARY_PATH: build, LIBRARY_PATH: build, C_INCLUDE_PATH: path.join(root, 'include'),
                     PKG_CONFIG_PATH: this.pkgconfig(), ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '' }
        this.background = []
        this.files = 0
    }

    // What an installation would bring, made from the build tree.
    pkgconfig () {
        const made = path.join(this.folder, 'muster.pc')
        fs.writeFileSync(made, `Name: muster\nDescription: the build tree\nVersion: 0\nCflags: -I${root}/include\n` +
                               `Libs: -L${build} -lmuster -Wl,-rpath,${build}\n`)
        return this.folder
    }

    // The shell's folder and variables go on from command to command; not from one in the background, whose end
    // may come at any moment.
    script (text, goes_on = true) {
        const keep = !goes_on ? '' : `trap 'code=$?; pwd > ${this.folder}/cwd; export -p > ${this.folder}/env; exit $code' EXIT\n`
        const cwd = fs.existsSync(`${this.folder}/cwd`) ? fs.readFileSync(`${this.folder}/cwd`, 'utf8').trim() : this.top
        return `. ${this.folder}/env\ncd '${cwd}'\n${keep}${text.replaceAll(DEFAULT_RTI, this.rti)}\n`
    }

    clean (text) {
        return text.replaceAll(this.rti, DEFAULT_RTI).replaceAll(this.folder + '/tmp', '/tmp')
            .replaceAll(this.folder + '/muster', '~/muster').replace(/^.*\r/gm, '').replace(/\x1b\[[0-9;]*m/g, '')
    }

    run (text) {
        const output = fs.openSync(path.join(this.folder, `output-${this.files++}`), 'w+')
        const ended = spawnSync('bash', ['-c', this.script(text)],
                                { env: this.env, stdio: ['ignore', output, output], timeout: DEADLINE_MS })
        const printed = fs.readFileSync(path.join(this.folder, `output-${this.files - 1}`), 'utf8')
        fs.closeSync(output)
        return { code: ended.error ? `not within ${DEADLINE_MS / 1000} s` : ended.status ?? ended.signal,
                 printed: this.clean(printed) }
    }

    // Leaves it running; done when it has printed what is awaited.
    async start (text, awaited) {
        const file = path.join(this.folder, `output-${this.files++}`)
        const output = fs.openSync(file, 'w')
        const child = spawn('bash', ['-c', this.script(text, false)],
                            { env: this.env, stdio: ['ignore', output, output], detached: true })
        fs.closeSync(output)
        this.background.push(child)
        const end = Date.now() + DEADLINE_MS / 4
        for (;;) {
            const printed = this.clean(fs.readFileSync(file, 'utf8'))
            if (awaited.test(printed)) return null
            if (child.exitCode !== null || Date.now() > end) return printed
            await new Promise(resolve => setTimeout(resolve, 10))
        }
    }

    async end () {
        for (const child of this.background) {
            const ended = child.exitCode !== null || new Promise(resolve => child.on('exit', resolve))
            try { process.kill(-child.pid, 'SIGTERM') } catch { /* it has ended */ }
            await ended
        }
        fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
    }
}

// Kinds of block -----------------------------------------------------------------------------------

const indent = text => text.split('\n').map(line => '    ' + line).join('\n')

function console_elsewhere (session, block, list) {
    for (const { text } of list) {
        const [program] = text.replace(/^(sudo +)?([A-Z_]+=\S+ +)*/, '').split(/\s+/)
        const there = program.includes('/') ? fs.existsSync(path.join(session.top, program))
                                            : spawnSync('bash', ['-c', `command -v ${program}`], { env: session.env }).status === 0
        if (!there) mistake(session.page, block.line, `there is no ${program}`)
    }
}

async function run_console (session, block) {
    const list = commands(block)
    if (!list) return mistake(session.page, block.line, 'a block of console begins with "$ "')
    if (block.word.elsewhere) return console_elsewhere(session, block, list)
    for (const [index, command] of list.entries()) {
        counted++
        const last = index === list.length - 1
        const wild = block.word.wild
        if (last && block.word.background) {
            const printed = await session.start(command.text, pattern(command.shows, wild, false))
            if (printed !== null)
                mistake(session.page, block.line, `$ ${command.text}\n  has not printed what the page shows, but\n${indent(printed)}`)
            continue
        }
        const began = Date.now()
        const { code, printed } = session.run(command.text)
        if (Date.now() - began > SLOW_MS) console.log(`${session.page}: ${Date.now() - began} ms: $ ${command.text}`)
        const wanted = last ? Number(block.word.exit ?? 0) : 0
        if (code !== wanted)
            mistake(session.page, block.line, `$ ${command.text}\n  ended with ${code}, not ${wanted}, and printed\n${indent(printed)}`)
        else if (!pattern(command.shows, wild, true).test(printed === '' || printed.endsWith('\n') ? printed : printed + '\n'))
            mistake(session.page, block.line, `$ ${command.text}\n  printed\n${indent(printed)}\n  and the page shows\n${indent(command.shows.join('\n'))}`)
    }
}

function compile (session, block, text) {
    const compiler = spawnSync(session.env.CC, [...WARNINGS, '-I', path.join(root, 'include'), '-x', 'c', '-fsyntax-only', '-'],
                               { input: text })
    if (compiler.status !== 0) mistake(session.page, block.line, `does not compile:\n${indent(String(compiler.stderr))}`)
}

function run_body (session, block) {
    compile(session, block, '#include <muster/muster.h>\n#include <stdio.h>\n#include <string.h>\n' +
            'mst_err_t body (mst_federate_t fed);\nmst_err_t body (mst_federate_t fed)\n{\nmst_err_t err = MST_OK;\n' +
            `#line 1 "block"\n${block.text}\nreturn err;\n}\n`)
}

function run_json (session, block) {
    try { JSON.parse(block.text) } catch (error) { mistake(session.page, block.line, `is no JSON: ${error.message}`) }
}

// Its verb, words and options are those that the help tells of.
function run_usage (session, block) {
    for (const line of block.text.trim().split('\n')) {
        const known = help_of(line)
        if (known === null) mistake(session.page, block.line, `there is no such verb: ${line}`)
        for (const [word] of (known === null ? '' : line).matchAll(/--[a-z][\w-]*|\b[a-z]{2,}\b|\b[A-Z]{2,}\b/g))
            if (word !== 'muster' && !known.includes(word)) mistake(session.page, block.line, `--help does not have ${word}: ${line}`)
    }
}

// A block that stands in the source: to the letter, or line by line.
function compare (session, block, name, part) {
    const file = path.join(root, name)
    if (!fs.existsSync(file)) return mistake(session.page, block.line, `there is no ${name}`)
    const text = fs.readFileSync(file, 'utf8')
    if (!part) {
        if (text !== block.text) mistake(session.page, block.line, `differs from ${name}`)
        return
    }
    const lines = text.split('\n').map(line => line.trim())
    let at = 0
    for (const line of block.text.split('\n').map(line => line.trim()).filter(line => line && line !== '...')) {
        at = lines.indexOf(line, at)
        if (at < 0) return mistake(session.page, block.line, `${name} does not have, in this order: ${line}`)
        at++
    }
}

async function run_block (session, block) {
    const { kind, word } = block
    counted += kind === 'console' ? 0 : 1
    if (kind === 'c' && !word.part && !word.body) compile(session, block, block.text)
    if (word.file) {
        fs.mkdirSync(path.dirname(path.join(session.top, word.file)), { recursive: true })
        fs.writeFileSync(path.join(session.top, word.file), block.text)
    } else if (word.same || word.part) compare(session, block, word.same ?? word.part, Boolean(word.part))
    else if (kind === 'console') await run_console(session, block)
    else if (word.body) run_body(session, block)
    else if (kind === 'json') run_json(session, block)
    else if (kind === 'usage') run_usage(session, block)
    else if (kind !== 'text' && kind !== 'c') mistake(session.page, block.line, `a block "${kind}" without a word what it is (docs/pages.md)`)
}

// Running text -------------------------------------------------------------------------------------

// The help of a verb, and of what it does when that has one of its own ("log plot"); null: there is none.
const helps = new Map()
function help (...words) {
    const key = words.join(' ')
    if (!helps.has(key)) {
        const ended = spawnSync(path.join(build, 'muster'), [...words, '--help'], { encoding: 'utf8' })
        helps.set(key, ended.status === 0 ? ended.stdout : null)
    }
    return helps.get(key)
}

function help_of (line) {
    const [, verb, second] = line.split(/\s+/)
    const known = help(verb)
    return known !== null && /^[a-z]+$/.test(second ?? '') ? known + (help(verb, second) ?? '') : known
}

// `muster VERB --option` between backquotes; links and paths to other pages; blocks by indentation.
function check_prose ({ page, prose }) {
    for (const { line, text, before } of prose) {
        if (/^ {4,}\S/.test(text) && before === '') mistake(page, line, 'a block by indentation: use a fence')
        for (const [, code] of text.matchAll(/`([^`]+)`/g)) check_code(page, line, code)
        for (const [, target] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
            if (!/^[a-z]+:/.test(target) && !fs.existsSync(path.join(root, path.dirname(page), target)))
                mistake(page, line, `links to ${target}, which is not there`)
    }
}

function check_code (page, line, code) {
    if (/^(docs|samples|script|tests|include)\/[\w./-]+$/.test(code) && !fs.existsSync(path.join(root, code)))
        mistake(page, line, `names ${code}, which is not there`)
    const [, verb, rest] = code.match(/^(?:build\/)?muster ([a-z][a-z-]*)(.*)$/) ?? []
    if (!verb) return
    const known = help_of(code)
    if (known === null) return mistake(page, line, `\`${code}\`: there is no verb ${verb}`)
    for (const [option] of rest.matchAll(/--[a-z][\w.-]*/g))
        if (!known.includes(option) && option !== '--help') mistake(page, line, `\`${code}\`: ${verb} has no ${option}`)
}

// A verb's page and its help name the same options.
function check_verbs () {
    const listed = spawnSync(path.join(build, 'muster'), ['--help'], { encoding: 'utf8' }).stdout
    for (const [, verb] of listed.matchAll(/^ {2}([a-z-]+) +(?!.*not supported yet)/gm)) {
        const page = `docs/commands/${verb}.md`
        if (!fs.existsSync(path.join(root, page))) {
            mistake(page, 1, `muster ${verb} has no page`)
            continue
        }
        const text = fs.readFileSync(path.join(root, page), 'utf8')
        const options = new Set([...(help(verb) ?? '').matchAll(/^ +(--[a-z][\w-]*)/gm)].map(match => match[1]))
        const rows = [...text.matchAll(/^\| `(--[a-z][\w-]*)/gm)].map(match => match[1])
        for (const option of options)
            if (!text.includes(option) && option !== '--help') mistake(page, 1, `does not tell of ${option}`)
        for (const option of rows)
            if (!(help(verb) ?? '').includes(option)) mistake(page, 1, `tells of ${option}, which muster ${verb} --help does not`)
        if (!fs.readFileSync(path.join(root, 'docs/commands.md'), 'utf8').includes(`commands/${verb}.md`))
            mistake('docs/commands.md', 1, `does not list ${page}`)
    }
}

// ---------------------------------------------------------------------------------------------------

const asked = process.argv.slice(2)
for (const name of asked.length ? asked : pages()) {
    const page = read(name)
    if (page.open) mistake(name, page.open.line, 'a block that does not end')
    check_prose(page)
    const session = new Session(name)
    const began = Date.now()
    try {
        for (const block of page.blocks) await run_block(session, block)
    } finally {
        await session.end()
    }
    if (Date.now() - began > 2000) console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`)
}
if (!asked.length) check_verbs()
console.log(`${counted} blocks and command lines, ${mistakes} mistakes`)
process.exitCode = mistakes ? 1 : 0
