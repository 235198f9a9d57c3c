// A text of rules that is written: a real text area, transparent, over the same text in colours with line numbers and findings.
// Only the lines in sight are drawn, so that files of thousands of rules can be written too.

import { h, replace } from '../base/dom.js'
import { beforeNextFrame } from '../base/events.js'
import { t } from '../base/words.js'
import { blocks, tokens } from './highlight.js'

/** @typedef {{ severity: string, line: number, column: number, message: string, remedy?: string | null }} Finding */

const longest = 2000

/**
 * The place of a column, which counts characters as Unicode does, in a text of the browser.
 * @param {string} line
 * @param {number} column from 1
 */
export function indexOf(line, column) {
  return [...line.slice(0, column * 2)].slice(0, Math.max(0, column - 1)).join('').length
}

/**
 * Where the word ends that begins there.
 * @param {string} line @param {number} start
 */
export function endOfWord(line, start) {
  const word = /^(?:[\p{L}\p{N}_.\-]+|'[^']*'?|"[^"]*"?|.)/u.exec(line.slice(start))
  return start + (word?.[0].length ?? 1)
}

export class Area {
  /**
   * @param {{ label: string, text?: string, describedBy?: string, isReadOnly?: boolean, onchange?: () => void }} options
   * @param {AbortSignal} signal
   */
  constructor(options, signal) {
    this.onchange = options.onchange
    this.lines = ['']
    this.isBlock = [false]
    /** @type {Map<number, Finding[]>} */
    this.findings = new Map()
    this.input = h('textarea', {
      class: 'code', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', autocorrect: 'off', wrap: 'off', dir: 'ltr',
      'aria-label': options.label, 'aria-describedby': options.describedBy, readonly: options.isReadOnly,
      oninput: () => this.changed(), onscroll: () => beforeNextFrame(this.draw), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onblur: () => { this.leaves = false },
    })
    this.numbers = h('div', { class: 'numbers', 'aria-hidden': 'true' })
    this.picture = h('pre', { 'aria-hidden': 'true', dir: 'ltr' })
    this.element = h('div', { class: 'area' }, this.numbers, h('div', { class: 'paper' }, this.picture, this.input))
    /** Escape was pressed: Tab leaves. */
    this.leaves = false
    this.set(options.text ?? '')
    const observer = new ResizeObserver(() => beforeNextFrame(this.draw))
    observer.observe(this.element)
    signal.addEventListener('abort', () => observer.disconnect(), { once: true })
  }

  get text() { return this.input.value }

  /**
   * Another text, without a way back.
   * @param {string} text
   */
  set(text) {
    this.input.value = text
    this.changed(false)
  }

  /** @param {boolean} [isTold] */
  changed(isTold = true) {
    this.lines = this.input.value.split('\n')
    this.isBlock = blocks(this.lines)
    this.element.style.setProperty('--digits', String(String(this.lines.length).length))
    beforeNextFrame(this.draw)
    if (isTold) this.onchange?.()
  }

  /** @param {Finding[]} findings */
  mark(findings) {
    this.findings = new Map()
    for (const each of findings) this.findings.set(each.line, [...this.findings.get(each.line) ?? [], each])
    beforeNextFrame(this.draw)
  }

  draw = () => {
    const { scrollTop, scrollLeft, clientHeight } = this.input
    const height = this.lineHeight
    const first = Math.max(0, Math.floor(scrollTop / height) - 10)
    const last = Math.min(this.lines.length, Math.ceil((scrollTop + clientHeight) / height) + 10)
    const place = `${first * height - scrollTop}px`
    const indices = Array.from({ length: last - first }, (_, index) => first + index)
    replace(this.picture, indices.map((index) => this.#line(index)))
    replace(this.numbers, h('div', null, indices.map((index) => h('div', { class: this.findings.has(index + 1) && 'is-found' }, index + 1))))
    this.picture.style.transform = `translate(${-scrollLeft}px, ${place})`
    this.numbers.firstElementChild.style.transform = `translateY(${place})`
  }

  get lineHeight() { return parseFloat(getComputedStyle(this.input).lineHeight) || 22 }

  /** @param {number} index */
  #line(index) {
    const line = this.lines[index]
    const found = this.findings.get(index + 1) ?? []
    const marks = found.map((each) => { const start = Math.min(indexOf(line, each.column), line.length); return { start, end: endOfWord(line, start), severity: each.severity } })
    const edges = [...new Set(marks.flatMap((each) => [each.start, each.end]))]
    let at = 0
    const parts = (line.length > longest ? [/** @type {[string, string]} */ (['', line])] : tokens(line, this.isBlock[index])).flatMap(([name, text]) => {
      const cuts = [0, ...edges.map((each) => each - at).filter((each) => each > 0 && each < text.length).sort((one, other) => one - other), text.length]
      const start = at
      at += text.length
      return cuts.slice(1).map((cut, place) => {
        const mark = marks.find((each) => each.start <= start + cuts[place] && start + cut <= each.end)
        const part = text.slice(cuts[place], cut)
        return name || mark ? h('span', { class: `${name && `t-${name}`} ${mark ? `found is-${mark.severity}` : ''}` }, part) : part
      })
    })
    const isEnd = marks.some((each) => each.start >= line.length)
    return h('div', null, parts, isEnd && h('span', { class: 'found is-error' }, ' '), !line && !isEnd && '\u200b',
      found[0] && h('span', { class: `hint is-${found[0].severity}` }, `  ▲ ${found[0].message}${found[0].remedy ? ` – ${found[0].remedy}` : ''}`))
  }

  /**
   * Tab indents; after Escape it leaves, as it does everywhere else.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (event.isComposing) return
    if (event.key === 'Escape') this.leaves = true
    else if (event.key === 'Tab' && !this.leaves && !event.ctrlKey && !event.altKey && !event.defaultPrevented && !this.input.readOnly) {
      event.preventDefault()
      this.indent(event.shiftKey)
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && !event.defaultPrevented && !this.input.readOnly) {
      event.preventDefault()
      const line = this.#before()
      const indent = /^\s*/.exec(line)?.[0] ?? ''
      this.write(`\n${indent}${/(:|^\s*-)\s*$/.test(line) ? '  ' : ''}`)
    } else if (event.key !== 'Tab' && event.key !== 'Shift') this.leaves = false
  }

  /** The line up to the cursor. */
  #before() { return this.input.value.slice(0, this.input.selectionStart).split('\n').pop() ?? '' }

  /** @param {boolean} isBack */
  indent(isBack) {
    const { value, selectionStart: start, selectionEnd: end } = this.input
    if (start === end && !isBack) return this.write('  ')
    const from = value.lastIndexOf('\n', start - 1) + 1
    const before = value.slice(from, end)
    const after = isBack ? before.replace(/^ {1,2}/gm, '') : before.replace(/^(?=.)/gm, '  ')
    if (after === before) return
    this.input.setSelectionRange(from, end)
    this.write(after)
    if (start !== end) this.input.setSelectionRange(from, from + after.length)
    else this.input.setSelectionRange(Math.max(from, start + after.length - before.length), Math.max(from, start + after.length - before.length))
  }

  /**
   * Puts a text in the place of the selection, so that undo undoes it.
   * @param {string} text
   */
  write(text) {
    this.input.focus({ preventScroll: true })
    // The only way that keeps the browser's undo.
    if (text ? document.execCommand('insertText', false, text) : document.execCommand('delete')) return
    this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, 'end')
    this.changed()
  }

  /**
   * All of it by another text, with a way back.
   * @param {string} text
   */
  rewrite(text) {
    if (text === this.text) return
    this.input.focus({ preventScroll: true })
    this.input.select()
    this.write(text)
    this.input.setSelectionRange(0, 0)
    this.input.scrollTop = 0
  }

  /**
   * Shows a place and puts the cursor there.
   * @param {number} line
   * @param {number} [column]
   */
  goTo(line, column = 1) {
    const index = Math.min(Math.max(1, line), this.lines.length) - 1
    const start = this.lines.slice(0, index).reduce((sum, each) => sum + each.length + 1, 0) + indexOf(this.lines[index], column)
    this.input.focus()
    this.input.setSelectionRange(start, start)
    this.input.scrollTop = Math.max(0, (index - 3) * this.lineHeight)
    this.input.scrollLeft = 0
  }

  /** Where the cursor is in the paper, in pixels. */
  cursor() {
    const before = this.input.value.slice(0, this.input.selectionStart)
    const line = before.slice(before.lastIndexOf('\n') + 1)
    const measure = h('span', { class: 'measure' }, line)
    this.picture.append(measure)
    const left = measure.offsetWidth
    measure.remove()
    return { left: left - this.input.scrollLeft, top: (before.split('\n').length) * this.lineHeight - this.input.scrollTop }
  }
}

/**
 * A text of rules to read.
 * @param {string} text
 * @param {number} [first] the number of its first line
 */
export function codeView(text, first = 1) {
  const lines = text.replace(/\n$/, '').split('\n')
  const isBlock = blocks(lines)
  return h('div', { class: 'read code', tabindex: 0, role: 'group', 'aria-label': t('editor.text') }, lines.map((line, index) => h('div', null, h('span', { class: 'line-number', 'data-number': first + index }),
    h('code', null, (line.length > longest ? [['', line]] : tokens(line, isBlock[index])).map(([name, part]) => name ? h('span', { class: `t-${name}` }, part) : part)))))
}
