internal import Komoku
package import KomokuYAML

extension DeviceNames {
    /// Reads the member `names` of the section `devices`; what is wrong goes to the reader's report.
    package static func read(_ devices: SettingsReader) -> DeviceNames {
        var names = DeviceNames()
        guard let reader = devices.mapping("names") else { return names }
        for entry in reader.entries {
            guard let text = entry.key.value(.string) else { continue }
            names.entries += entries(text, entry)
        }
        return names
    }

    private static func entries(_ text: String, _ entry: SettingsReader.Entry) -> [Entry] {
        let pattern =
            text.utf8.contains(UInt8(ascii: ".")) || text.utf8.contains(UInt8(ascii: "*"))
            ? try? KeyPattern(validating: text) : nil
        guard let pattern else {
            return entry.value.value(.devicePart).map { [.device(text: text, part: $0)] } ?? []
        }
        if !pattern.isLiteral, !text.utf8.contains(UInt8(ascii: ".")), text != "**" {
            entry.key.error("'\(text)' matches no key of a device: these are '<device>.<property>'")
            return []
        }
        guard let template = entry.value.value(.keyTemplate(of: pattern)) else { return [] }
        // An id or a name may have dots too.
        guard let name = pattern.name, let part = entry.value.value(.string).flatMap(KeyName.init),
            name.text.utf8.count <= maximumPart
        else { return [.key(pattern: pattern, template: template)] }
        return [.device(text: text, part: part), .key(pattern: pattern, template: template)]
    }
}

extension SettingType where Value == KeyName {
    fileprivate static var devicePart: SettingType {
        .text("the first part of keys, such as 'living.climate'") { text throws(Setting.Invalid) in
            guard text.utf8.count <= DeviceNames.maximumPart else {
                throw Setting.Invalid("it is longer than \(DeviceNames.maximumPart) bytes")
            }
            do throws(KeyName.Invalid) {
                return try KeyName(validating: text)
            } catch {
                throw Setting.Invalid(error.reason)
            }
        }
    }
}

extension SettingType where Value == DeviceNames.Template {
    fileprivate static func keyTemplate(of pattern: KeyPattern) -> SettingType {
        .text("the name of a key") { text throws(Setting.Invalid) in
            do throws(CommandRefusal) {
                return try DeviceNames.Template(text, wildcards: KeyCaptures.count(in: pattern))
            } catch {
                throw Setting.Invalid(error.description)
            }
        }
    }
}
