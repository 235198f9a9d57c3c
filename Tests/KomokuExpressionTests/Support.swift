import Komoku
import KomokuExpression

/// The keys that the tables of these tests speak of.
enum House {
    static let types: [String: TypeEnvironment.Declaration] = [
        "hall.lux": .init(.number), "hall.temperature": .init(.number), "hall.motion": .init(.boolean),
        "house.asleep": .init(.boolean), "alarm": .init(.text, values: ["armed", "disarmed", "waiting"]),
        "note": .init(.text), "any.thing": .dynamic, "living-room.lux": .init(.number), "küche.wärme": .init(.number),
        "not": .init(.boolean), "1wire.temp": .init(.number), "zigbee.0x00158d.lux": .init(.number),
        "value": .init(.text), "tv-set-left.on": .init(.boolean),
    ]

    static func environment(locals: [String: TypeEnvironment.Declaration] = [:]) -> TypeEnvironment {
        TypeEnvironment(locals: locals, key: { types[$0.text] }, candidates: { types.keys.sorted() })
    }

    /// With all functions, units, and a rule's locals.
    static func rule(
        warning: Bool = false, locals: [String: TypeEnvironment.Declaration] = [:], offers: Offers = .all
    ) -> TypeEnvironment {
        var keys = types
        keys["hall.temperature"] = .init(.number, unit: "°C")
        keys["cellar.temperature"] = .init(.number, unit: "°C")
        keys["hall.humidity"] = .init(.number, unit: "%")
        keys["washer.power"] = .init(.number, unit: "W")
        keys["washer.energy"] = .init(.number, unit: "kWh")
        keys["sure.thing"] = .init(.number, mayBeUnknown: false)
        keys["cellar.motion"] = .init(.boolean)
        keys["hour"] = .init(.number)
        var all: [String: TypeEnvironment.Declaration] = [
            "room": .init(.text, mayBeUnknown: false), "self": .init(constant: .string("hall")),
            "span": .init(.number, mayBeUnknown: false, unit: "s"), "count3": .init(.number, mayBeUnknown: false),
        ]
        all.merge(locals) { $1 }
        return TypeEnvironment(
            locals: all, key: { [keys] in keys[$0.text] }, candidates: { [keys] in keys.keys.sorted() },
            offers: offers, warnsOfUnknown: warning)
    }

    static func compileRule(_ text: String, warning: Bool = false) throws(Expression.Faults) -> CompiledExpression {
        try Expression.parse(text).check(in: rule(warning: warning))
    }

    static func compile(
        _ text: String, locals: [String: TypeEnvironment.Declaration] = [:], expecting: ValueKind? = nil
    ) throws(Expression.Faults) -> CompiledExpression {
        try Expression.parse(text).check(in: environment(locals: locals), expecting: expecting)
    }

    /// Reads `hall.lux=3 alarm='armed'`, the bindings of a table's line.
    static func bindings(_ text: String) throws -> [String: Value] {
        var bindings: [String: Value] = [:]
        for part in text.split(separator: " ") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let literal = try Expression.parse(String(sides[1])).check(in: TypeEnvironment())
            bindings[String(sides[0])] = literal.evaluate { _ in nil }
        }
        return bindings
    }
}
