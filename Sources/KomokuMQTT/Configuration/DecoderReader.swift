package import Komoku
internal import KomokuExpression
internal import KomokuHub
package import KomokuYAML

/// Reads what a mapping says about a key besides its name: type, options, table of values, expression.
package struct DecoderReader {
    private let reader: SettingsReader
    private let declaredType: KeyType?

    package init(_ reader: SettingsReader) {
        self.reader = reader
        declaredType = reader.value("type", .word)
    }

    /// - Parameters:
    ///   - takesTable: false where `values` is something else.
    ///   - takesExpression: false where `value` is something else.
    package func read(takesTable: Bool = true, takesExpression: Bool = true) -> (FieldDecoder, [JSON.Member]) {
        let options = reader.keyOptions(for: declaredType, isMapping: true)
        let table = takesTable ? readTable() : nil
        let expression = takesExpression ? readExpression(withTable: table != nil) : nil
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

    // MARK: Values

    /// A mapping is a table; a list, the texts that the key takes, is an option.
    private func readTable() -> [[UInt8]: Value?]? {
        guard let setting = reader.setting("values"), setting.node.sequence == nil else { return nil }
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
        let environment = TypeEnvironment(locals: ["value": .raw])
        do throws(Expression.Faults) {
            return try Expression.parse(text).check(in: environment, expecting: declaredType.map { ValueKind($0) })
        } catch {
            for fault in error.all { setting.error(fault.message, atOffset: fault.offset, remedy: fault.remedy) }
            return nil
        }
    }
}
