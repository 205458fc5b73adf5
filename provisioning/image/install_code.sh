#!/bin/bash
# Runs in the build chroot on top of all other layers: the appliance's own code, configuration and units.
set -euo pipefail
source=/run/src
app=/opt/hcc/app

mkdir -p $app
cp -r --no-preserve=ownership "$source/appliance" "$source/provisioning" $app/
find $app \( -name __pycache__ -o -name vendor -path '*/webadmin/vendor' \) -prune -exec rm -rf {} +
python -m compileall -q -j 2 $app
(cd $app && python -m appliance.callcenter.patients.make_readings appliance/callcenter/patients/readings.txt)

# Users and folders
install -D -m 0644 "$source/systemd/sysusers/hcc.conf" /usr/lib/sysusers.d/hcc.conf
install -D -m 0644 "$source/systemd/tmpfiles/hcc.conf" /usr/lib/tmpfiles.d/hcc.conf
systemd-sysusers
install -d -m 0755 /etc/hcc
install -m 0755 "$source/provisioning/hcc" /usr/local/bin/hcc

# Asterisk and nginx: ours instead of the distribution's samples
rm -rf /etc/asterisk /etc/nginx/sites-enabled /etc/nginx/conf.d
install -d -m 0755 /etc/asterisk
install -m 0644 "$source"/provisioning/asterisk/*.conf /etc/asterisk/
install -m 0644 "$source"/provisioning/nginx/*.conf /etc/nginx/
install -d -m 0755 /etc/nginx/pages
install -m 0644 "$source"/provisioning/nginx/pages/* /etc/nginx/pages/

# What a person at the console sees before logging in
install -D -m 0644 /dev/null /etc/issue
printf 'HCC \\n  \\4  \\l\n\n' >/etc/issue

# Units
cp -r --no-preserve=ownership "$source"/systemd/system/. /etc/systemd/system/
install -D -m 0644 "$source/systemd/journald/hcc.conf" /etc/systemd/journald.conf.d/hcc.conf
install -D -m 0644 "$source/systemd/sysctl/60-hcc.conf" /usr/lib/sysctl.d/60-hcc.conf
install -D -m 0644 "$source/systemd/network/80-hcc.network" /etc/systemd/network/80-hcc.network
quietly() { systemctl --quiet "$@" 2>/dev/null; }
quietly disable postgresql.service etcd.service nginx.service || true
quietly mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_all.timer postgresql.service
quietly enable systemd-networkd.service nginx.service asterisk.service
for unit in "$source"/systemd/system/hcc-*.{service,path,timer}; do
    quietly enable "${unit##*/}" || true
done
quietly set-default multi-user.target

# The exchange asks for this name to find its own address; without an answer here it would ask the network at each call.
cat >/etc/hosts <<'HOSTS'
127.0.0.1 localhost
::1 localhost ip6-localhost
198.41.0.4 A.ROOT-SERVERS.NET
HOSTS
ln -sf /usr/share/zoneinfo/Asia/Shanghai /etc/localtime

# What is in this image
manifest=/usr/share/hcc/manifest
mkdir -p $manifest
date -u +%FT%TZ >$manifest/date
cp "$source/requirements/runtime.txt" $manifest/python
printf '%s\n' "$HCC_LAYERS" >$manifest/layers
