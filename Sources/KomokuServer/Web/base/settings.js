// What this browser keeps of its own: language, colours. What belongs to a person is kept on the hub (hub/documents.js).

const prefix = 'komoku.'

/**
 * @param {string} name
 * @param {any} [otherwise]
 */
export function setting(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name) ?? 'null') ?? otherwise
  } catch {
    // Private windows may keep nothing.
    return otherwise
  }
}

/**
 * @param {string} name
 * @param {any} value null forgets it
 */
export function keepSetting(name, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch { /* It counts until the page is closed. */ }
}

/** @param {'light' | 'dark' | null} look null follows the system */
export function setLook(look) {
  keepSetting('look', look)
  if (look) document.documentElement.dataset.look = look
  else delete document.documentElement.dataset.look
}
