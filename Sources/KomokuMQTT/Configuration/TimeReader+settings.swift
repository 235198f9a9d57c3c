internal import Komoku
internal import KomokuExpression
internal import KomokuStore
internal import KomokuYAML

extension TimeReader {
    /// `time: ts`, or `time: {field: ts, as: ms, zone: Europe/Warsaw, value: "value - 3600", max_age: 7d}`.
    ///
    /// - Parameters:
    ///   - isJSON: there are fields; else the payload is the value, and an expression finds the time in it.
    ///   - zone: the hub's.
    static func read(_ setting: Setting, isJSON: Bool, zone: Zone) -> TimeReader? {
        guard setting.node.scalar == nil || setting.node.isNull else {
            guard isJSON else {
                setting.error(
                    "a payload that is a value has no fields",
                    remedy: "write time: {value: …} with an expression that makes the time of 'value', the payload")
                return nil
            }
            return setting.value(.fieldPath).map { TimeReader(path: $0, zone: zone, isConfigured: true) }
        }
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        var result = TimeReader(path: "", zone: zone, isConfigured: true)
        if isJSON {
            guard let path = reader.required("field", .fieldPath) else { return nil }
            result.path = path
        }
        result.form = reader.value("as", .word) ?? .auto
        result.zone = reader.value("zone", .zone) ?? zone
        let ages = Duration.seconds(1)...(.seconds(3650 * 86_400))
        result.maxAge = reader.value("max_age", .duration(in: ages)) ?? usualAge
        result.expression = expression(reader)
        if !isJSON, !reader.has("value") {
            setting.error(
                "'time' does not say where in the payload the time is",
                remedy: "write time: {value: …} with an expression, such as split_part(value, ';', 1)")
            return nil
        }
        return result
    }

    private static func expression(_ reader: SettingsReader) -> CompiledExpression? {
        guard let setting = reader.setting("value"), let text = setting.value(.string) else { return nil }
        let environment = TypeEnvironment(locals: ["value": .raw])
        do throws(Expression.Faults) {
            let expression = try Expression.parse(text).check(in: environment, expecting: nil)
            guard expression.kind != .boolean else {
                setting.error("'\(text.prefix(40))' makes no time", remedy: "a number since 1970, or a date as text")
                return nil
            }
            return expression
        } catch {
            for fault in error.all { setting.error(fault.message, atOffset: fault.offset, remedy: fault.remedy) }
            return nil
        }
    }
}

extension Mapping.Field.Time {
    /// What a field says: a time as the message's may be, or `false` for its arrival.
    static func read(_ reader: SettingsReader, isJSON: Bool, zone: Zone) -> Mapping.Field.Time {
        guard let setting = reader.setting("time") else { return .asTheMessage }
        if setting.node.bool == false { return .arrival }
        return TimeReader.read(setting, isJSON: isJSON, zone: zone).map { .read($0) } ?? .asTheMessage
    }
}

extension SettingType where Value == Zone {
    /// The name of a time zone.
    static var zone: SettingType {
        .text("a time zone such as Europe/Warsaw") { text throws(Setting.Invalid) in
            do throws(ZoneFiles.Failure) {
                return try ZoneFiles().zone(named: text)
            } catch {
                throw Setting.Invalid(error.description)
            }
        }
    }
}
