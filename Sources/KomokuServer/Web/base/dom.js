// Elements of the document, made with few words. No text ever becomes markup.

/**
 * @typedef {Node | string | number | null | undefined | false | any[]} Child a list holds more of them
 * @typedef {Record<string, any>} Properties
 */

const drawing = 'http://www.w3.org/2000/svg'

/**
 * Makes an element: `h('button', { class: 'plain', onclick: go }, 'Go')`.
 * `on…` listens, `class`, `aria-…`, `data-…` and all else that is no property of the element becomes an attribute;
 * what is null, undefined or false is left out.
 * @param {string} tag
 * @param {Properties | null} [properties]
 * @param {...Child} children
 * @returns {any} the element, of the class that the tag has
 */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children)
}

/**
 * The same for drawings (SVG).
 * @param {string} tag
 * @param {Properties | null} [properties]
 * @param {...Child} children
 * @returns {any}
 */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(drawing, tag), properties, children)
}

/**
 * @param {Element} element
 * @param {Properties | null | undefined} properties
 * @param {Child[]} children
 */
function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) set(element, name, value)
  add(element, children)
  return element
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {any} value
 */
function set(element, name, value) {
  if (name.startsWith('on') && typeof value === 'function') element.addEventListener(name.slice(2), value)
  else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'selected') /** @type {any} */ (element)[name] = value
  else if (value === null || value === undefined || value === false) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? '' : String(value))
}

/**
 * @param {Node} element
 * @param {Child[]} children
 */
function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child)
    else if (child instanceof Node) element.appendChild(child)
    else if (child !== null && child !== undefined && child !== false) element.appendChild(document.createTextNode(String(child)))
  }
}

/**
 * Puts these children in the place of those that an element has.
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.replaceChildren()
  add(element, children)
}

/**
 * Changes a text only where it differs: most updates change nothing that is seen.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Sets attributes as `h` does.
 * @param {Element} element
 * @param {Properties} properties
 */
export function change(element, properties) {
  for (const [name, value] of Object.entries(properties)) set(element, name, value)
}
