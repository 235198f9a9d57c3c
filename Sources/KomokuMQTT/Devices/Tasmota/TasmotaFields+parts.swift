import Komoku
import KomokuHub

/// Shutters, buttons and switches.
extension TasmotaFields {
    /// The numbers of shutters that the outputs promise: each has two of them.
    var shutters: Set<Int> {
        let count = config.outputs.count { $0 == .shutter } / 2
        return Set((0..<count).map { $0 + 1 })
    }

    /// The number of a shutter, of a sensor's path; nil where it is none of a shutter's.
    static func shutter(_ path: String) -> Int? {
        guard path.hasPrefix("Shutter"), let dot = path.firstIndex(of: "."),
            let number = Int(path[..<dot].dropFirst(7)), 1...16 ~= number
        else { return nil }
        return number
    }

    func fields(shutter number: Int) -> [TasmotaField] {
        let name = "Shutter\(number)"
        var fields = [
            shutterField("\(name).Position", "%", 0...100, command: "ShutterPosition\(number)"),
            shutterField("\(name).Direction", nil, nil), shutterField("\(name).Target", "%", nil), motion(number),
        ]
        let tilt = config.tilts.indices.contains(number - 1) ? config.tilts[number - 1] : nil
        if let tilt { fields.append(shutterField("\(name).Tilt", nil, tilt, command: "ShutterTilt\(number)")) }
        return fields
    }

    private func shutterField(
        _ path: String, _ unit: String?, _ range: ClosedRange<Double>?, command: String? = nil
    ) -> TasmotaField {
        var property = PropertyDescription(path, .numeric, unit: unit)
        property.minimum = range?.lowerBound
        property.maximum = range?.upperBound
        property.isWritable = command != nil
        var field = TasmotaField(property, .number(range: range), [.sensor(path), .result(path)])
        field.command = command.map { .text(topics.commands + $0) }
        field.isTelemetry = true
        return field
    }

    /// Opens, closes and stops: three commands, so they are told as a list of one.
    private func motion(_ number: Int) -> TasmotaField {
        var property = PropertyDescription("Shutter\(number).Command", .string)
        property.values = ["OPEN", "CLOSE", "STOP"]
        property.isWritable = true
        property.hasState = false
        var field = TasmotaField(property, .text(), [])
        field.command = DeviceCommand(topic: topics.commands + "Backlog") { value in
            switch value.string {
            case "OPEN": Array("ShutterOpen\(number)".utf8)
            case "CLOSE": Array("ShutterClose\(number)".utf8)
            case "STOP": Array("ShutterStop\(number)".utf8)
            default: nil
            }
        }
        return field
    }

    /// The switches that the configuration promises, by the names with which they report.
    var switches: [TasmotaLeaf] {
        config.switchModes.enumerated().filter { $0.element >= 0 }.map { index, _ in
            TasmotaLeaf(path: switchName(index), kind: .boolean)
        }
    }

    private func switchName(_ index: Int) -> String {
        let name = config.switchNames.indices.contains(index) ? config.switchNames[index] : nil
        return name ?? "Switch\(index + 1)"
    }

    /// Momentary things: presses of buttons, and of switches that are wired to push-buttons.
    var actions: [TasmotaField] {
        let buttons = config.buttons.enumerated().filter { $0.element && config.options.contains(73) }
            .map { action("Button\($0.offset + 1)") }
        let following: Set<Int> = [1, 2, 9, 10, 13, 14, 15, 16]
        let switches = config.switchModes.enumerated()
            .filter { $0.element >= 0 && !following.contains($0.element) && config.options.contains(114) }
            .map { switchAction(switchName($0.offset)) }
        return buttons + switches
    }

    func action(_ name: String) -> TasmotaField {
        var property = PropertyDescription(name, .string)
        property.isEvent = true
        return TasmotaField(property, .text(), [.result(name + ".Action")])
    }

    private func switchAction(_ name: String) -> TasmotaField {
        var field = action(name + ".Action")
        field.decoder = words.actionOnly
        field.origins = [.result(name + ".Action")]
        return field
    }

    /// A code that a bridge hears, as its source observes it.
    func code(_ path: String) -> TasmotaField {
        var property = PropertyDescription(path, .string)
        property.isEvent = true
        return TasmotaField(property, .text(), [])
    }
}
