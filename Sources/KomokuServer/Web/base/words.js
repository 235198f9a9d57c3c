// The words that people read. Each area has a table a language: words/en.js, words/de.js for what is on every view, and
// words/en-rules.js … for one area, loaded with it.

/**
 * @typedef {string | { one: string, other: string }} Phrase
 * @typedef {Record<string, Phrase>} Table
 */

export const languages = { en: 'English', de: 'Deutsch' }

/** @type {Table} */
const table = {}
/** @type {Set<string>} */
const loaded = new Set()
/** @type {'en' | 'de'} */
export let language = 'en'
let plurals = new Intl.PluralRules('en')

/** @param {string} wanted a language of the browser or of the settings, such as `de-AT` */
export function setLanguage(wanted) {
  language = wanted.slice(0, 2).toLowerCase() === 'de' ? 'de' : 'en'
  plurals = new Intl.PluralRules(language)
  document.documentElement.lang = language
}

/**
 * @param {string} [area] `rules` for words/en-rules.js; none for what is on every view
 */
export async function loadWords(area) {
  const name = area ? `-${area}` : ''
  if (loaded.has(name)) return
  // English first: what another language lacks is there all the same.
  const files = language === 'en' ? ['en'] : ['en', language]
  const tables = await Promise.all(files.map((each) => import(`../words/${each}${name}.js`)))
  for (const each of tables) Object.assign(table, each.default)
  loaded.add(name)
}

/**
 * A phrase: `t('devices.offline', { count: 3 })` is "3 devices are offline". `{name}` is replaced by the value; with a
 * `count` a phrase may have a form for one and for others.
 * @param {string} name
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function t(name, values = {}) {
  const phrase = table[name]
  if (phrase === undefined) return name
  const text = typeof phrase === 'string' ? phrase : phrase[plurals.select(values.count ?? 0) === 'one' ? 'one' : 'other']
  return text.replace(/\{(\w+)\}/g, (all, each) => (each in values ? String(values[each]) : all))
}

/**
 * Whether there is such a phrase.
 * @param {string} name
 */
export function has(name) {
  return name in table
}
