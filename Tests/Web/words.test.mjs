// node --test Tests/Web/words.test.mjs: each language has all phrases, with the same places to fill in and the same forms.

import test from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'

const folder = new URL('../../Sources/KomokuServer/Web/words/', import.meta.url)
const load = async (file) => (await import(`data:text/javascript;base64,${readFileSync(new URL(file, folder)).toString('base64')}`)).default
const english = readdirSync(folder).filter((file) => file.startsWith('en'))

/** What a phrase has of `{name}`, by its forms. */
const places = (phrase) => Object.fromEntries(Object.entries(typeof phrase === 'string' ? { other: phrase } : phrase)
  .map(([form, text]) => [form, [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()]))

test('there are tables', () => assert.ok(english.length > 4 && english.length === readdirSync(folder).filter((file) => file.startsWith('de')).length))

for (const file of english) {
  test(`${file} and the German one agree`, async () => {
    const [en, de] = [await load(file), await load(file.replace(/^en/, 'de'))]
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort())
    for (const [name, phrase] of Object.entries(en)) {
      const [own, other] = [places(phrase), places(de[name])]
      // A language may do without forms where it needs none, and need not repeat a count of one.
      assert.deepEqual(other.other, own.other, `${name} has other places to fill in`)
    }
  })
}

test('no phrase has two meanings in two tables', async () => {
  const seen = new Map()
  for (const file of english) {
    for (const [name, phrase] of Object.entries(await load(file))) {
      const text = JSON.stringify(phrase)
      assert.ok(!seen.has(name) || seen.get(name) === text, `${name} of ${file} is another one elsewhere`)
      seen.set(name, text)
    }
  }
})
