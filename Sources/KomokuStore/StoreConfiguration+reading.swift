internal import Komoku
package import KomokuYAML

extension Store.Configuration {
    /// Reads the section `store`; what is wrong goes to the reader's report.
    ///
    /// - Parameter folder: what a relative path is relative to.
    package init(reading root: SettingsReader, folder: String) {
        let section = root.section("store")
        let path = section.value("path", .nonEmptyString, default: "komoku.db")
        self.init(location: .file(path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"))
        commitInterval = section.value(
            "commit_interval", .duration(in: .milliseconds(1)...(.seconds(40))), default: commitInterval)
        durability = section.value("durability", .word, default: durability)
        maximumSize = section.value("max_size", .byteSize(in: (1 << 20)...Int.max))
        retention = section.list(
            "retention",
            of: .mapping { entry in
                guard let keys = entry.required("keys", .oneOrMore(of: .keyPattern)) else { return nil }
                return Store.RetentionRule(
                    keys: keys, raw: entry.value("raw", .age), fiveMinutes: entry.value("5m", .age),
                    hour: entry.value("1h", .age))
            })
    }
}

extension SettingType where Value == Duration {
    /// How long something is kept; the far future is for ever.
    fileprivate static var age: SettingType {
        SettingType(expectation: "a duration, or 'forever'") { setting in
            if setting.node.text == "forever" { return Duration(microseconds: .max) }
            return setting.value(.duration)
        }
    }
}
