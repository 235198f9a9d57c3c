internal import Komoku

/// What a device can be told.
extension Hub {
    /// The value of a command: as a put casts it, or a word such as `on` for a boolean, within what the device takes.
    ///
    /// - Throws: why the device cannot be told this.
    func checked(_ json: JSON, at index: Int) throws(CommandRefusal) -> Value {
        guard let device = table[index].device?.description else { return try cast(json, at: index) }
        let name = table[index].name
        guard device.isWritable else {
            throw CommandRefusal("\(name) is reported by the device and cannot be put")
        }
        let value = try cast(device.matching(json), at: index)
        if let number = value.number, !device.takes(number) {
            throw CommandRefusal("\(name) takes \(device.range), not \(value)")
        }
        if let text = value.string, let values = device.values, !values.contains(where: text.isSame) {
            throw CommandRefusal("\(name) takes \(values.listed), not \(json.excerpt)")
        }
        return value
    }

    /// - Throws: the sentence for a value that the key cannot have.
    func cast(_ json: JSON, at index: Int) throws(CommandRefusal) -> Value {
        let state = table[index]
        let options = state.settings.effective
        if let value = try? Value(casting: json, to: state.type, options: options) { return value }
        if state.device != nil, case .string(let text) = json,
            let value = Value.infer(text, as: state.type)?.fitting(options)
        {
            return value
        }
        if state.type == .string, let values = options.values {
            throw CommandRefusal("\(state.name) takes \(values.listed), not \(json.excerpt)")
        }
        throw CommandRefusal("\(state.name) is \(state.type.rawValue) and cannot be \(json.excerpt)")
    }
}

extension PropertyDescription {
    /// The one of the property's texts that is meant, where only the case differs.
    fileprivate func matching(_ json: JSON) -> JSON {
        if type.isNumber, case .string(let text) = json {
            let lower = text.lowercased()
            return presets.first { lower.isSame($0.name.lowercased()) }.map { .number($0.value) } ?? json
        }
        guard type == .string, let values,
            case .string(let text) = try? Value(casting: json, to: .string, options: KeyOptions())
        else { return json }
        if values.contains(where: text.isSame) { return .string(text) }
        let lower = text.lowercased()
        let matching = values.filter { lower.isSame($0.lowercased()) }
        return matching.count == 1 ? .string(matching[0]) : json
    }

    fileprivate func takes(_ number: Double) -> Bool {
        number >= minimum ?? -.infinity && number <= maximum ?? .infinity
            || presets.contains { $0.value == number }
    }

    /// What `takes` takes, where there is a limit.
    fileprivate var range: String {
        switch (minimum, maximum) {
        case (let low?, let high?): "\(DecimalNumber.text(low)) to \(DecimalNumber.text(high))"
        case (let low?, nil): "\(DecimalNumber.text(low)) or more"
        case (nil, let high?): "\(DecimalNumber.text(high)) or less"
        case (nil, nil): "any number"
        }
    }
}

extension String {
    /// Byte by byte.
    fileprivate func isSame(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [String] {
    /// For a person: all of a few, the first of many.
    fileprivate var listed: String {
        "one of " + prefix(12).map { "'\($0)'" }.joined(separator: ", ") + (count > 12 ? ", …" : "")
    }
}

extension JSON {
    /// For a person: what was put, if it is not long.
    var excerpt: String {
        let text = text
        return text.utf8.count > 64 ? String(text.prefix(40)) + "…" : text
    }
}
