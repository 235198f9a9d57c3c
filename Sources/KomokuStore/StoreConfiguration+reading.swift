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
        Self.readRetention(section)
    }

    /// Checked already, so that a file written for it is right; applied once there are tiers to keep.
    private static func readRetention(_ section: SettingsReader) {
        _ = section.value("max_size", .byteSize(in: (1 << 20)...Int.max))
        let entries = section.list(
            "retention",
            of: .mapping { entry -> Bool? in
                _ = entry.required("keys", .oneOrMore(of: .keyPattern))
                for tier in ["raw", "5m", "1h"] { _ = entry.value(tier, .age) }
                return true
            })
        for name in ["max_size", "retention"] where section.has(name) && !(name == "retention" && entries.isEmpty) {
            section.warning(at: name, "'\(name)' is not applied yet: everything is kept")
        }
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
