internal import Glibc
package import Komoku

/// A round place that has a name: the home, or somewhere else where people often are.
package struct HouseZone: Hashable, Sendable {
    package var name: String
    /// Degrees north and east.
    package var latitude: Double
    package var longitude: Double
    /// Metres.
    package var radius: Double

    package init(_ name: String, latitude: Double, longitude: Double, radius: Double) {
        (self.name, self.latitude, self.longitude, self.radius) = (name, latitude, longitude, radius)
    }

    /// The name of the zone that the house is in.
    package static let home = "home"
    package static let usualRadius = 100.0

    /// Metres from its centre, on a sphere; within half a percent of what a map says.
    func distance(to position: Position) -> Double {
        let (here, there) = (latitude * .pi / 180, position.latitude * .pi / 180)
        let (north, east) = (there - here, (position.longitude - longitude) * .pi / 180)
        let a = sin(north / 2) * sin(north / 2) + cos(here) * cos(there) * sin(east / 2) * sin(east / 2)
        return 2 * Self.earth * asin(min(1, a.squareRoot()))
    }

    /// The mean radius of the earth (IUGG).
    private static let earth = 6_371_008.8
}

/// Where a tracker was.
package struct Position: Hashable, Sendable {
    package var latitude: Double
    package var longitude: Double
    /// Metres by which it may be wrong; nil where the tracker does not say.
    package var accuracy: Double?
    package var time: Timestamp

    package init(latitude: Double, longitude: Double, accuracy: Double? = nil, time: Timestamp) {
        (self.latitude, self.longitude, self.accuracy, self.time) = (latitude, longitude, accuracy, time)
    }

    /// A position that is further off than this, and than a zone is wide, says nothing of the zone.
    static let coarse = 500.0

    /// What it says of whoever carries the tracker; nil where it is too inaccurate to say.
    ///
    /// Of zones that hold it the smallest counts; of two of one size the first.
    func word(in zones: [HouseZone]) -> Presence.Word? {
        let accuracy = max(0, accuracy ?? 0)
        var found: HouseZone?
        var isDoubtful = false
        for zone in zones {
            let distance = zone.distance(to: self)
            if accuracy > Self.coarse, accuracy > zone.radius {
                // Even so it may be too far away for any doubt.
                if distance <= zone.radius + accuracy { isDoubtful = true }
            } else if distance <= zone.radius, zone.radius < found?.radius ?? .infinity {
                found = zone
            }
        }
        if let found { return found.name == HouseZone.home ? .home : .zone(found.name) }
        return isDoubtful ? nil : .elsewhere
    }
}
