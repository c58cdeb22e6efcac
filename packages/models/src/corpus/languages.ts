/** Learning Chinese, learning English, and the small surprises of both. */
export const languages = `
“你好”用英语怎么说？
可以说 hello，熟人之间说 hi。
那“再见”呢？
Goodbye，或者 see you。

学中文难吗？
汉字多一点，可是语法不难。
动词要变吗？
不用变，昨天吃，今天吃，明天也是吃。

“马”和“妈”为什么读得不一样？
声调不同，“妈”是第一声，“马”是第三声。
要是读错了呢？
那你可能会说：我骑着妈妈去草原。

英语的“你”和“您”一样吗？
一样，都是 you。
那怎么表示礼貌？
多用 please 和 could you。

“雨”字里面为什么有四个点？
那是从天上落下来的雨滴。
原来汉字是一幅小画。

我说英语的时候总怕出错。
听的人更想知道你要说什么。
那我就慢慢说。
慢一点，反而更清楚。

“明”是什么意思？
左边是日，右边是月，合起来就是亮。
太阳和月亮在一起，当然亮了。

“加油”能翻译成 add oil 吗？
现在有人真的这么说了。
那正式一点怎么说？
可以说 keep going，或者 you can do it。

三个“木”是什么字？
是“森”，森林的森。
那两个“木”呢？
是“林”，树少一点的地方。

量词好难，什么时候用“条”？
又细又长的东西，一条河，一条鱼，一条裤子。
裤子为什么也是？
你看，它有两条腿那么长。

怎样练听力？
找一首喜欢的歌，听到会唱为止。
然后呢？
然后再去看歌词，你会吓一跳。

“东西”是方向还是物品？
分开读是两个方向，连起来读就是物品。
那“买东西”为什么不说“买南北”？
这个问题，古人也问过。

你的名字用中文怎么写？
我叫 Sam，写成“山姆”。
山是山，姆是保姆的姆。
原来我的名字里有一座山。

一个汉字要写多少遍才记得住？
写十遍，不如用它写一句话。
那我用“砚”写：砚台在桌上。
很好，这个字现在是你的了。

How do you say "thank you" in Chinese?
谢谢, xièxie.
And how do I answer?
不客气, which means "don't be polite".

What does 慢慢来 mean?
"Take your time." Word for word, "slowly, slowly come".
I like that. It sounds kind.

How many characters do I need to read a newspaper?
About two or three thousand.
That is a lot!
At five a day, it is less than two years.

Is "fish" one or many?
Both. One fish, two fish.
So English has no plural for fish?
It does when it feels like it.

Why is "knight" spelled with a k?
People used to say it, long ago.
So spelling is a kind of museum.

Which is correct, "less people" or "fewer people"?
"Fewer people". Fewer for things you can count.
And less water?
Right, because you can't count water.

What is the opposite of "on"?
"Off". The light is on, the light is off.
And why does an alarm go off when it comes on?
I am sorry. I can't defend that one.

I am afraid of speaking.
Say one sentence today. Two tomorrow.
What sentence?
"Hello, how much is this?"

What does 学习 mean?
To study. 学 is to learn, 习 is to practise.
So half of study is practice.
The character knew it all along.

How long did it take you to learn English?
I am still learning. Yesterday I learned "nincompoop".
`;
