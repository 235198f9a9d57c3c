internal import Komoku
internal import KomokuHub

/// How a property's payload is read, and what the property is for the hub.
struct HomieDatatype {
    let property: HomieProperty
    /// 5, or 4 for all before it.
    let version: Int

    /// Nil where the datatype is not known.
    func description(name: String, label: String?) -> PropertyDescription? {
        guard var result = plain(name) else { return nil }
        result.label = label
        result.isWritable = property.isSettable
        guard isEvent else { return result }
        result.isEvent = true
        if property.datatype == "boolean" { result.values = ["true", "false"] }
        return result
    }

    /// What happens rather than lasts; a number that is not retained is a reading all the same.
    var isEvent: Bool { !property.isRetained && !isNumber }

    private var isNumber: Bool { ["integer", "float", "percent"].contains(property.datatype) }

    private func plain(_ name: String) -> PropertyDescription? {
        switch property.datatype {
        case "integer", "float", "percent":
            var result = PropertyDescription(name, .numeric, unit: unit)
            let bounds = bounds
            (result.minimum, result.maximum, result.step) = (bounds.minimum, bounds.maximum, bounds.step)
            return result
        case "boolean": return PropertyDescription(name, isEvent ? .string : .boolean)
        case "enum":
            var result = PropertyDescription(name, .string)
            result.values = words
            return result
        case "string", "color", "datetime", "duration", "json":
            return PropertyDescription(name, .string, unit: property.unit)
        default: return nil
        }
    }

    private var unit: String? { property.unit ?? (property.datatype == "percent" ? "%" : nil) }

    /// The words of an enumeration; nil where none are given.
    private var words: [String]? {
        let words = (property.format ?? "").split(separator: ",", omittingEmptySubsequences: true).map(String.init)
        return words.isEmpty ? nil : Array(words.prefix(256))
    }

    /// `min:max` or `min:max:step`; each may be missing.
    var bounds: (minimum: Double?, maximum: Double?, step: Double?) {
        let parts = (property.format ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return (nil, nil, nil) }
        let numbers = parts.map { DecimalNumber.parse(Array($0.trimmed.utf8)) }
        if let low = numbers[0], let high = numbers[1], low > high { return (nil, nil, nil) }
        return (numbers[0], numbers[1], numbers.count == 3 ? numbers[2].flatMap { $0 > 0 ? $0 : nil } : nil)
    }
}

// MARK: - Payloads

extension HomieDatatype {
    var decoder: DeviceDecoder {
        switch property.datatype {
        case "integer": return number(isWhole: true)
        case "float", "percent": return number(isWhole: false)
        case "boolean": return isEvent ? .text(values: ["true", "false"]) : .boolean(on: ["true"], off: ["false"])
        case "enum": return .text(values: words)
        case "color":
            let (format, version) = (property.format ?? "", version)
            return .custom { input in
                HomieColour.isValid(input.text, format: format, version: version)
                    ? .value(.string(input.text))
                    : .refused("'\(input.text.prefix(40))' is no colour as the device names them")
            }
        case "json": return .json
        default: return Self.string
        }
    }

    private func number(isWhole: Bool) -> DeviceDecoder {
        let bounds = bounds
        let range = (bounds.minimum ?? -.infinity)...(bounds.maximum ?? .infinity)
        guard isWhole else { return .number(range: range) }
        return .custom { input in
            let outcome = DeviceDecoder.number(range: range).decode(input)
            guard case .value(.number(let number)) = outcome, number != number.rounded() else { return outcome }
            return .refused("'\(input.text.prefix(40))' is no whole number")
        }
    }

    /// An empty text comes as one NUL byte: an empty payload would delete the retained message.
    private static let string = DeviceDecoder.custom { input in
        if input.text.utf8.elementsEqual([0]) { return .value(.string("")) }
        return DeviceDecoder.text().decode(input)
    }

    /// The nearest number that is whole steps away from the least one.
    private func stepped(_ topic: String, _ step: Double) -> DeviceCommand {
        let bounds = bounds
        let base = bounds.minimum ?? bounds.maximum ?? 0
        return DeviceCommand(topic: topic) { value in
            guard let number = value.number else { return nil }
            let nearest = base + ((number - base) / step).rounded() * step
            guard nearest.isFinite else { return nil }
            // Steps such as 0.1 add up to what has more digits than either.
            let rounded = DecimalNumber.round(nearest, decimals: 9)
            let isInside = bounds.maximum.map { rounded <= $0 } ?? true
            return Array(DecimalNumber.text(isInside ? rounded : rounded - step).utf8)
        }
    }

    func command(_ topic: String) -> DeviceCommand {
        if let step = bounds.step, step > 0, isNumber {
            return stepped(topic, step)
        }
        guard property.datatype == "string" else { return .text(topic) }
        let version = version
        return DeviceCommand(topic: topic) { value in
            let text = value.description
            return text.isEmpty && version >= 5 ? [0] : Array(text.utf8)
        }
    }
}

/// `255,0,0` of version 4 and `rgb,255,0,0` of version 5.
enum HomieColour {
    static func isValid(_ text: String, format: String, version: Int) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        var parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var formats = format.split(separator: ",").map(\.trimmed)
        if version >= 5 {
            guard let kind = parts.first, formats.isEmpty || formats.contains(kind) else { return false }
            formats = [kind]
            parts.removeFirst()
        }
        let limits: [Double]
        switch formats.first ?? "rgb" {
        case "rgb": limits = [255, 255, 255]
        case "hsv": limits = [360, 100, 100]
        case "xyz": limits = [1, 1]
        default: return false
        }
        return parts.count == limits.count
            && zip(parts, limits).allSatisfy { part, limit in
                DecimalNumber.parse(Array(part.utf8)).map { (0...limit).contains($0) } ?? false
            }
    }
}
