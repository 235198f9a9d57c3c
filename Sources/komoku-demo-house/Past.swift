import Glibc
import Komoku

/// What the house did before it was switched on, as lines that `komoku import` takes: some keys, a week or so of them.
///
/// The same seed and end give the same lines.
struct Past {
    /// Seconds since 1970 at which it ends.
    let end: Int64
    let days: Int
    var random: SeededGenerator

    init(days: Int, end: Int64, seed: UInt64) {
        (self.days, self.end) = (days, end)
        random = SeededGenerator(seed: seed)
    }

    private var start: Int64 { end - Int64(days) * 86_400 }

    /// Key by key, each ascending.
    mutating func lines() -> [String] {
        energy() + meters() + climates() + bathroom() + hall() + doors() + boiler()
    }

    private func line(_ key: String, _ time: Int64, _ value: JSON) -> String {
        let point: JSON = ["key": .string(key), "time": .number(Double(time)), "value": value]
        return point.text
    }

    private func times(every step: Int64) -> StrideTo<Int64> {
        stride(from: start, to: end - 30, by: Int64.Stride(step))
    }

    /// Hours since midnight UTC.
    private func hour(_ time: Int64) -> Double { Double(time % 86_400) / 3600 }

    private func energy() -> [String] {
        times(every: 300).map {
            line("house.energy", $0, .number(HouseMeter.energy(at: Double($0)).rounded(decimals: 3)))
        }
    }

    private func meters() -> [String] {
        var grid = GridMeter()
        return times(every: 900).flatMap { time -> [String] in
            let now = Double(time)
            grid.advance(to: now)
            return [
                ("solar.energy", SolarMeters.solar(at: now)), ("grid.import", grid.taken), ("grid.export", grid.given),
                ("water.total", SolarMeters.water(at: now)),
            ].map { line($0, time, .number($1.rounded(decimals: 3))) }
        }
    }

    /// What the bathroom's radiator was told, and how warm it found it.
    private mutating func bathroom() -> [String] {
        times(every: 1800).flatMap { time -> [String] in
            let isDay = (6..<22).contains(hour(time))
            let warmth = (isDay ? 22.6 : 20.4) + random.number(in: -0.4...0.4)
            return [
                line("bathroom_radiator.occupied_heating_setpoint", time, .number(isDay ? 22.5 : 18)),
                line("bathroom_radiator.local_temperature", time, .number(warmth.rounded(decimals: 1))),
            ]
        }
    }

    private mutating func climates() -> [String] {
        let sensors: [(Room, String)] = [
            (.kitchen, "kitchen_climate"), (.bedroom, "bedroom_climate"), (.bathroom, "bathroom_climate"),
            (.garden, "garden_climate"),
        ]
        return sensors.flatMap { room, name -> [String] in
            let swing = room == .garden ? 6.0 : 0.7
            return times(every: 600).flatMap { time -> [String] in
                let warmth = room.comfort + swing * cos((hour(time) - 15) / 24 * 2 * .pi)
                let temperature = (warmth + random.number(in: -0.25...0.25)).rounded(decimals: 2)
                let humidity = (50 - (warmth - room.comfort) * 2 + random.number(in: -2...2)).rounded(decimals: 2)
                return [
                    line("\(name).temperature", time, .number(temperature)),
                    line("\(name).humidity", time, .number(humidity)),
                ]
            }
        }
    }

    /// Somebody passes the hall, more often in the morning and in the evening; in the dark the lamp goes on for a while.
    private mutating func hall() -> [String] {
        var (motion, lamp): ([String], [String]) = ([], [])
        var time = start
        while time < end - 400 {
            let isBusy = (6..<9).contains(hour(time)) || (16..<22).contains(hour(time))
            time += Int64(random.number(in: isBusy ? 400...2400 : 2400...9000))
            guard time < end - 400 else { break }
            let length = Int64(random.number(in: 30...180))
            motion += [
                line("hall_motion.occupancy", time, true), line("hall_motion.occupancy", time + length, false),
            ]
            guard !(7..<17).contains(hour(time)) else { continue }
            lamp += [line("hall_lamp.state", time, true), line("hall_lamp.state", time + length + 20, false)]
        }
        return motion + lamp
    }

    /// `contact` is true while a door is shut.
    private mutating func doors() -> [String] {
        var lines: [String] = []
        var time = start + 3000
        while time < end - 2000 {
            let length = Int64(random.number(in: 10...90))
            lines += [
                line("front_door.contact", time, false), line("front_door.contact", time + length, true),
            ]
            time += Int64(random.number(in: 5000...26_000))
        }
        return lines
    }

    /// Alive, but for a few short times.
    private mutating func boiler() -> [String] {
        var lines: [String] = []
        var time = start
        while time < end - 30 {
            lines.append(line("boiler.alive", time, true))
            if random.happens(0.004) {
                lines.append(line("boiler.alive", time + 30, false))
                time += Int64(random.number(in: 300...3000))
            } else {
                time += 300
            }
        }
        return lines
    }
}
