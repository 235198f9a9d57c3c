package import Komoku
package import KomokuHub

extension MQTTConfiguration {
    /// What the mappings say of the keys that they can make.
    package var sources: KeySources { KeySources(mappings.flatMap(\.fields).compactMap(\.source)) }

    /// The keys that mappings and commands name without captures and wildcards.
    package var namedKeys: [KeyName] {
        mappings.flatMap(\.fields).compactMap(\.key.name) + commands.flatMap(\.keys).compactMap(\.name)
    }
}
