internal import Komoku
internal import KomokuExpression
internal import KomokuHub
internal import KomokuYAML

/// Reads what a mapping says about a key besides its name: type, options, table of values, expression.
struct DecoderReading {
    private let reader: SettingsReader
    private let declaredType: KeyType?

    init(_ reader: SettingsReader) {
        self.reader = reader
        declaredType = reader.value("type", .word)
    }

    func read() -> (FieldDecoder, [JSON.Member]) {
        var options = readOptions()
        let table = readTable(into: &options)
        let expression = readExpression(withTable: table != nil)
        let type = declaredType ?? table.flatMap { tableType($0) } ?? expression?.kind.flatMap(Self.type)
        return (FieldDecoder(type: type, table: table, expression: expression), options)
    }

    private static func type(of kind: ValueKind) -> KeyType? {
        switch kind {
        case .number: .numeric
        case .boolean: .boolean
        case .text: .string
        }
    }

    // MARK: Options

    private func readOptions() -> [JSON.Member] {
        var options: [JSON.Member] = []
        if let unit = reader.value("unit", .string) { options.append(JSON.Member("unit", .string(unit))) }
        if let precision = reader.value("precision", .integer(in: 0...15)) {
            options.append(JSON.Member("precision", .number(Double(precision))))
            if let declaredType, !declaredType.isNumber { refuse("precision", "numbers", declaredType) }
        }
        for name in ["max_time", "same_value_resolution", "min_resolution"] {
            let least = Duration(microseconds: name == "max_time" ? 1000 : 0)
            guard let duration = reader.value(name, .duration(in: least...(.seconds(31_536_000)))) else { continue }
            options.append(JSON.Member(name, .number(duration.seconds)))
        }
        if reader.has("max_time"), let declaredType, declaredType != .uptime {
            refuse("max_time", "type uptime", declaredType)
        }
        readCounter(into: &options)
        if reader.value("event", .bool) == true {
            options.append(JSON.Member("event", .bool(true)))
            if let declaredType, declaredType != .string { refuse("event", "type string", declaredType) }
        }
        return options
    }

    private func readCounter(into options: inout [JSON.Member]) {
        if let kind: CounterKind = reader.value("kind", .word) {
            options.append(JSON.Member("kind", .string(kind.rawValue)))
        }
        if let modulus = reader.value("modulus", .number(in: 1e-9...1e18)) {
            options.append(JSON.Member("modulus", .number(modulus)))
        }
        if let rate = reader.value("max_rate", .counterRate) {
            options.append(JSON.Member("max_rate", .string(rate)))
        }
        guard let declaredType, declaredType != .counter else { return }
        for name in ["kind", "modulus", "max_rate"] where reader.has(name) {
            refuse(name, "type counter", declaredType)
        }
    }

    private func refuse(_ option: String, _ place: String, _ type: KeyType) {
        reader.error(at: option, "'\(option)' is for \(place), the key is \(type.rawValue)")
    }

    // MARK: Values

    /// A mapping is a table, a list the texts that the key takes.
    private func readTable(into options: inout [JSON.Member]) -> [[UInt8]: Value?]? {
        guard let setting = reader.setting("values") else { return nil }
        if setting.node.sequence != nil {
            let texts = setting.value(.list(of: .string)) ?? []
            if let declaredType, declaredType != .string {
                refuse("values", "type string where it is a list", declaredType)
            }
            options.append(JSON.Member("values", .array(texts.map { .string($0) })))
            return nil
        }
        guard let entries = setting.reader()?.entries, !entries.isEmpty else { return nil }
        var table: [[UInt8]: Value?] = [:]
        for entry in entries {
            guard let text = entry.key.node.text else { continue }
            if entry.value.node.isNull {
                table[Array(text.utf8)] = .some(nil)
            } else if let value = tableValue(entry.value) {
                table[Array(text.utf8)] = .some(value)
            }
        }
        return table
    }

    private func tableValue(_ setting: Setting) -> Value? {
        let value: Value? =
            switch setting.node.json {
            case .bool(let bool)?: .boolean(bool)
            case .number(let number)?: .number(number)
            case .string(let text)?: .string(text)
            default: nil
            }
        guard let value else {
            setting.mismatch(expecting: "a value")
            return nil
        }
        guard let declaredType, !value.isOf(declaredType) else { return value }
        // A number for a text key stands without quotes.
        if declaredType == .string { return .string(setting.node.text ?? value.description) }
        setting.mismatch(expecting: "a value of type \(declaredType.rawValue)")
        return nil
    }

    private func tableType(_ table: [[UInt8]: Value?]) -> KeyType? {
        let kinds = Set(table.values.compactMap { $0.map { ValueKind($0) } })
        if kinds.count > 1 {
            reader.error(at: "values", "the table has values of different types", remedy: "add 'type'")
            return nil
        }
        return kinds.first.flatMap(Self.type)
    }

    // MARK: Expression

    private func readExpression(withTable: Bool) -> CompiledExpression? {
        guard let setting = reader.setting("value"), let text = setting.value(.string) else { return nil }
        if withTable {
            reader.error(at: "value", "there is a table of 'values' already", remedy: "keep one of them")
        }
        let environment = TypeEnvironment(locals: ["value": TypeEnvironment.Declaration(nil, mayBeUnknown: false)])
        do throws(Expression.Faults) {
            return try Expression.parse(text).check(in: environment, expecting: declaredType.map { ValueKind($0) })
        } catch {
            for fault in error.all { setting.error(fault.message, atOffset: fault.offset, remedy: fault.remedy) }
            return nil
        }
    }
}
