// node --test Tests/Web/ticks.test.mjs: calendar steps against a plain walk over every quarter of an hour.

import test from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const source = readFileSync(new URL('../../Sources/KomokuServer/Web/graph/ticks.js', import.meta.url), 'utf8')
const { instant, later, local, next, startOf, stepFor, ticks } = await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`)

const at = (text) => Date.parse(text) / 1000
const zones = ['Etc/UTC', 'Europe/Warsaw', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia', 'America/Santiago']

test('noon and midnight are ticks on days of 23 and of 25 hours', () => {
  for (const [since, until] of [['2026-03-28T23:00Z', '2026-03-29T22:00Z'], ['2026-10-24T22:00Z', '2026-10-25T23:00Z']]) {
    const hours = ticks(at(since), at(until), 5, 'Europe/Warsaw').map(({ time }) => local(time, 'Europe/Warsaw').getUTCHours())
    assert.deepEqual(hours, [0, 6, 12, 18, 0])
  }
})

test('an hour that comes twice has two ticks', () => {
  const found = ticks(at('2026-10-24T22:00Z'), at('2026-10-25T04:00Z'), 8, 'Europe/Warsaw')
  assert.deepEqual(found.map(({ time }) => local(time, 'Europe/Warsaw').getUTCHours()), [0, 1, 2, 2, 3, 4, 5])
})

test('days begin where the clock of the zone begins them', () => {
  for (const zone of zones) {
    for (let time = startOf(at('2026-01-01T12:00Z'), { unit: 'day', count: 1 }, zone), days = 0; days < 365; days++) {
      const following = next(time, { unit: 'day', count: 1 }, zone)
      // The first quarter of an hour whose day is another one.
      let model = time + 900
      while (local(model, zone).getUTCDate() === local(time, zone).getUTCDate()) model += 900
      assert.equal(following, model, `${zone} ${new Date(time * 1000).toISOString()}`)
      time = following
    }
  }
})

test('months and years step by the calendar', () => {
  for (const zone of zones) {
    const found = ticks(at('2024-01-15T00:00Z'), at('2026-12-15T00:00Z'), 40, zone)
    assert.equal(found.length, 35)
    for (const { time, kind } of found) { assert.equal(local(time, zone).getUTCDate(), 1); assert.ok(kind === 'month' || kind === 'year') }
  }
})

test('ticks ascend and are not more than wanted, whatever the range', () => {
  let seed = 7
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  for (let round = 0; round < 3000; round++) {
    const zone = zones[Math.floor(random() * zones.length)]
    const since = at('2020-01-01T00:00Z') + random() * 3e8
    const length = 10 ** (random() * 9)
    const most = 2 + Math.floor(random() * 12)
    const found = ticks(since, since + length, most, zone).map(({ time }) => time)
    assert.ok(found.length <= most * 1.3 + 2, `${found.length} of ${most}: ${length} from ${since} in ${zone}`)
    assert.ok(found.every((time, index) => time >= since && time <= since + length && (!index || time > found[index - 1])))
  }
})

test('what the clock shows leads back to the time', () => {
  for (const zone of zones) {
    for (let time = at('2026-01-01T00:00Z'); time < at('2027-01-01T00:00Z'); time += 1800) {
      const back = instant(local(time, zone).getTime(), zone)
      // The second of two equal times of the clock is answered with the first.
      assert.ok(back === time || (back < time && local(back, zone).getTime() === local(time, zone).getTime()), `${zone} ${time} ${back}`)
    }
  }
})

test('a day, a month, a year before is the same time of the clock', () => {
  assert.equal(later(at('2026-03-29T10:00Z'), { unit: 'day', count: 1 }, -1, 'Europe/Warsaw'), at('2026-03-28T11:00Z'))
  assert.equal(later(at('2026-03-31T10:00Z'), { unit: 'month', count: 1 }, -1, 'Etc/UTC'), at('2026-02-28T10:00Z'))
  assert.equal(later(at('2024-02-29T10:00Z'), { unit: 'year', count: 1 }, -1, 'Etc/UTC'), at('2023-02-28T10:00Z'))
})

test('steps for bars are those asked for', () => {
  assert.deepEqual(stepFor(30 * 86400, 60, ['hour', 'day', 'week', 'month', 'year']), { unit: 'hour', count: 12 })
  assert.deepEqual(stepFor(30 * 86400, 60, ['day', 'week', 'month', 'year']), { unit: 'day', count: 1 })
})

test('no range has no ticks', () => { assert.deepEqual(ticks(5, 5, 4), []); assert.deepEqual(ticks(NaN, 5, 4), []) })
