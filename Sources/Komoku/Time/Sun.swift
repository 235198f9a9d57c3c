internal import Glibc

/// Where the sun stands over a point of the earth, after the equations of the NOAA solar calculator (Meeus, "Astronomical Algorithms",
/// chapter 25): within a minute for sunrise and sunset between the polar circles, for some centuries around now.
package struct Sun: Hashable, Sendable {
    /// Degrees north, degrees east.
    package let latitude: Double
    package let longitude: Double

    package init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }

    /// A moment of the sun's day.
    package enum Event: String, Hashable, Sendable, CaseIterable {
        case sunrise, sunset
    }

    /// The sun's centre at its rising and setting: its radius and the refraction of the air at the horizon.
    private static let horizon = -0.833

    /// Degrees above the horizon, without refraction.
    package func elevation(at time: Timestamp) -> Double {
        let sun = Position(at: time)
        let hourAngle = sun.hourAngle(at: time, longitude: longitude)
        return asin(sine(of: sun, hourAngle)) * 180 / .pi
    }

    /// When the sun rises or sets on a day of that point's calendar; nil where it does not.
    ///
    /// - Parameter date: a day as the zone's clocks count it.
    package func time(of event: Event, on date: CivilDate, in zone: Zone) -> Timestamp? {
        let noon = zone.moments(of: LocalDateTime(date, hour: 12)).first
        var time = noon
        // The sun moves meanwhile: three rounds settle it within a second.
        for _ in 0..<4 {
            let sun = Position(at: time)
            guard let half = halfDay(sun) else { return nil }
            let transit = transit(sun, near: noon)
            guard let offset = Duration(seconds: half * 240 * (event == .sunrise ? -1 : 1)) else { return nil }
            time = transit + offset
        }
        return Timestamp(microseconds: time.microseconds / 1_000_000 * 1_000_000)
    }

    /// Degrees from north over east; 180 is south.
    package func azimuth(at time: Timestamp) -> Double {
        let sun = Position(at: time)
        let hourAngle = sun.hourAngle(at: time, longitude: longitude) * .pi / 180
        let (phi, delta) = (latitude * .pi / 180, sun.declination * .pi / 180)
        let angle = atan2(sin(hourAngle), cos(hourAngle) * sin(phi) - tan(delta) * cos(phi)) * 180 / .pi
        let turned = (angle + 180).truncatingRemainder(dividingBy: 360)
        return turned < 0 ? turned + 360 : turned
    }

    /// Whether it is between a setting and the next rising.
    package func isDown(at time: Timestamp) -> Bool { elevation(at: time) < Self.horizon }

    /// The first one after a time; nil where there is none in a year.
    package func next(_ event: Event, after time: Timestamp, in zone: Zone) -> Timestamp? {
        first(event, in: zone, from: time, by: 1) { $0 > time }
    }

    /// The last one up to a time; nil where there is none in a year.
    package func previous(_ event: Event, upTo time: Timestamp, in zone: Zone) -> Timestamp? {
        first(event, in: zone, from: time, by: -1) { $0 <= time }
    }

    private func first(
        _ event: Event, in zone: Zone, from time: Timestamp, by step: Int, _ isMeant: (Timestamp) -> Bool
    ) -> Timestamp? {
        let day = zone.local(time).date
        // An event of the day beside may lie on this side of the clock's midnight.
        for distance in -1...366 {
            let date = CivilDate(daysSince1970: day.daysSince1970 + distance * step)
            if let found = self.time(of: event, on: date, in: zone), isMeant(found) { return found }
        }
        return nil
    }

    private func sine(of sun: Position, _ hourAngle: Double) -> Double {
        let (phi, delta) = (latitude * .pi / 180, sun.declination * .pi / 180)
        return max(-1, min(1, sin(phi) * sin(delta) + cos(phi) * cos(delta) * cos(hourAngle * .pi / 180)))
    }

    /// Degrees of rotation between noon and sunset; nil where the sun stays up or down.
    private func halfDay(_ sun: Position) -> Double? {
        let (phi, delta) = (latitude * .pi / 180, sun.declination * .pi / 180)
        let cosine = (sin(Self.horizon * .pi / 180) - sin(phi) * sin(delta)) / (cos(phi) * cos(delta))
        return (-1...1).contains(cosine) ? acos(cosine) * 180 / .pi : nil
    }

    /// When the sun passes the meridian, next to a time.
    private func transit(_ sun: Position, near time: Timestamp) -> Timestamp {
        // Minutes after midnight UTC.
        let minutes = 720 - 4 * longitude - sun.equationOfTime
        let day = (time.seconds / 86_400 - minutes / 1440).rounded()
        return Timestamp(seconds: day * 86_400 + minutes * 60) ?? time
    }
}

/// The sun among the stars.
private struct Position {
    /// Degrees north of the equator.
    let declination: Double
    /// Minutes by which a sundial is ahead of a clock.
    let equationOfTime: Double

    init(at time: Timestamp) {
        // Julian centuries since 2000-01-01 12:00.
        let t = (time.seconds - 946_728_000) / (36_525 * 86_400)
        let longitude = (280.46646 + t * (36_000.76983 + t * 0.0003032)).truncatingRemainder(dividingBy: 360)
        let anomaly = (357.52911 + t * (35_999.05029 - 0.0001537 * t)) * .pi / 180
        let eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
        let centre =
            sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t)) + sin(2 * anomaly) * (0.019993 - 0.000101 * t)
            + sin(3 * anomaly) * 0.000289
        let node = (125.04 - 1934.136 * t) * .pi / 180
        let apparent = (longitude + centre - 0.00569 - 0.00478 * sin(node)) * .pi / 180
        let mean = 23.439291 - t * (0.0130042 + t * (0.00000016 - t * 0.000000504))
        let obliquity = (mean + 0.00256 * cos(node)) * .pi / 180
        declination = asin(sin(obliquity) * sin(apparent)) * 180 / .pi
        let y = tan(obliquity / 2) * tan(obliquity / 2)
        let doubled = 2 * longitude * .pi / 180
        let equation =
            y * sin(doubled) - 2 * eccentricity * sin(anomaly)
            + 4 * eccentricity * y * sin(anomaly) * cos(doubled) - 0.5 * y * y * sin(2 * doubled)
            - 1.25 * eccentricity * eccentricity * sin(2 * anomaly)
        equationOfTime = 4 * equation * 180 / .pi
    }

    /// Degrees since the sun's noon.
    func hourAngle(at time: Timestamp, longitude: Double) -> Double {
        let minutes = (time.seconds / 60).truncatingRemainder(dividingBy: 1440)
        return (minutes + equationOfTime + 4 * longitude) / 4 - 180
    }
}
