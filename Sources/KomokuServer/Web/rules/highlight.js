// Rules in colours: YAML, and the expressions and templates in its texts. A line at a time; a block text (`|`) is told by its indent.

/** @typedef {[string, string]} Token its class, its text */

const yaml = /(#.*$)|("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|([\p{L}\p{N}_*][\p{L}\p{N}_.*\-/ ]*?)(?=\s*:(?:\s|$))|([-?](?=\s)|[{}[\],:|>&!])|([^\s{}[\],:#"']+)|(\s+)/gu
const inside = /('(?:[^']|'')*'?)|(\b\d+(?:\.\d+)?(?:ms|[smhdwy])?\b)|\b(and|or|not|in|if|then|else|true|false|unknown)\b|([\p{L}_]\w*)(?=\()|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+)+|`[^`]*`)|([=!<>?+*/%-]+)|([\s\S])/gu
const insideNames = ['text', 'number', 'word', 'function', 'key', 'sign', '']
const isKey = /[\p{L}_]\.[\p{L}\p{N}_]/u
const words = /^(true|false|null|on|off|yes|no|~)$/

/**
 * @param {string} line
 * @param {boolean} [isBlock] it is in a block text
 * @returns {Token[]}
 */
export function tokens(line, isBlock = false) {
  if (isBlock) return expression(line)
  /** @type {Token[]} */
  const found = []
  for (const match of line.matchAll(yaml)) {
    const [all, comment, text, name, sign, plain] = match
    if (comment) found.push(['comment', all])
    else if (text) found.push(...quoted(text))
    else if (name) found.push([isKey.test(all) ? 'key' : 'name', all])
    else if (sign) found.push(['sign', all])
    else if (plain) found.push([words.test(all) ? 'word' : /^-?\d[\d.:]*(ms|[smhdwy%])?$/.test(all) ? 'number' : isKey.test(all) ? 'key' : '', all])
    else found.push(['', all])
  }
  return found
}

/** @param {string} text @returns {Token[]} */
function quoted(text) {
  const end = text.length > 1 && text.endsWith(text[0]) ? text.length - 1 : text.length
  return [['text', text[0]], ...expression(text.slice(1, end)), ...(/** @type {Token[]} */ (end < text.length ? [['text', text.slice(end)]] : []))]
}

/** @param {string} text @returns {Token[]} */
function expression(text) {
  return [...text.matchAll(inside)].map((match) => {
    const index = match.findIndex((each, place) => place && each !== undefined)
    return [insideNames[index - 1] || 'text', match[0]]
  })
}

/**
 * For each line whether it is in a block text.
 * @param {string[]} lines
 */
export function blocks(lines) {
  let indent = -1
  return lines.map((line) => {
    const own = line.search(/\S/)
    if (indent >= 0 && (own < 0 || own > indent)) return true
    indent = /:\s*[|>][-+]?\s*(#.*)?$/.test(line) ? own : -1
    return false
  })
}
